/**
 * Lists that the API gives page by page, as one list. Must not know what is listed.
 */

/** As most lists have it; `null`: this page was the last. */
export interface Paged {
  cursor: string | null;
}

/** Where in a list to go on, and how many of it at once. */
export interface PageQuery {
  /** Entries of one page, at most. */
  limit?: number;
  /** Of the page before; without it the first. */
  cursor?: string | undefined;
}

/** Every entry, asked for page by page for as long as it is iterated. @param page the first, where no cursor is given */
export async function* entriesOf<P extends { cursor: C | null }, E, C = string>(
  page: (cursor: C | undefined) => Promise<P>,
  entries: (page: P) => readonly E[],
): AsyncGenerator<E> {
  for (let cursor: C | undefined; ; ) {
    const read = await page(cursor);
    yield* entries(read);
    if (read.cursor === null) return;
    cursor = read.cursor;
  }
}
