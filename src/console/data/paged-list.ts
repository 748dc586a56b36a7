/**
 * A long list that comes page by page as it is scrolled, each page from where the one before ended; what is looked at is kept fresh.
 * Must not know what is listed.
 */
import { type Signal, signal } from "@preact/signals";
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import type { Kerbside } from "../../client/kerbside.ts";
import { isVisible } from "./clock.ts";
import { forget, keyEnded, told } from "./edge.ts";
import { type Failure, failureOf } from "./failure.ts";
import { outageSince } from "./outage.ts";
import { clientOf } from "./session.ts";

export interface ListPage<Row> {
  rows: readonly Row[];
  /** Of the next page; `null`: this is the last. */
  cursor: string | null;
}

export interface PagedState<Row> {
  rows: readonly Row[];
  /** ms since the epoch, of the newest answer; `null`: nothing came yet. */
  at: number | null;
  isLoading: boolean;
  /** More is behind the last row. */
  hasMore: boolean;
  failure: Failure | null;
  failingSince: number | null;
  nextTryAt: number | null;
}

export interface PagedList<Row> extends PagedState<Row> {
  data: readonly Row[] | null;
  reload(): void;
  /** More is wanted: the end is near. */
  more(): void;
  /** Which rows are looked at: what is around them is asked for again. */
  seen(first: number, last: number): void;
}

export type AskPage<Row> = (client: Kerbside, cursor: string | null) => Promise<ListPage<Row>>;

const EVERY_MS = 3_000;
const ANSWER_WITHIN_MS = 20_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;
const FAILURES_MAX = 24;
/** Pages in a row that may be empty though more is behind them: a rare filter over a large fleet. */
const EMPTY_PAGES_MAX = 50;

/** @param key of the question: another one begins anew, and the old rows stay, greyed, until its first page is there */
export function usePagedList<Row>(
  key: string,
  keyOf: (row: Row) => string,
  ask: AskPage<Row>,
  everyMs: number | null = EVERY_MS,
): PagedList<Row> {
  const state = useMemo(() => signal<PagedState<Row>>({ ...EMPTY, isLoading: true }), []);
  const held = useRef<PageRun<Row> | null>(null);
  // Not by what asks: what is asked for is what the key says.
  useEffect(() => {
    const run = new PageRun(state, keyOf, ask, everyMs);
    held.current = run;
    return () => run.end();
  }, [key, everyMs]);
  const reload = useCallback(() => held.current?.refresh(), []);
  const more = useCallback(() => held.current?.more(), []);
  const seen = useCallback((first: number, last: number) => held.current?.seen(first, last), []);
  const { value } = state;
  return { ...value, data: value.at === null ? null : value.rows, reload, more, seen };
}

const EMPTY = {
  ...{ rows: [], at: null, hasMore: false, failure: null, failingSince: null, nextTryAt: null },
};

interface HeldPage<Row> extends ListPage<Row> {
  from: string | null;
}

class PageRun<Row> {
  readonly #state: Signal<PagedState<Row>>;
  readonly #keyOf: (row: Row) => string;
  readonly #ask: AskPage<Row>;
  readonly #everyMs: number | null;
  readonly #unfollow: () => void;
  #pages: HeldPage<Row>[] = [];
  #seen: readonly [first: number, last: number] = [0, 0];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt: AbortController | null = null;
  #work: "none" | "more" | "refresh" = "none";
  #failures = 0;
  #isOver = false;

  constructor(state: Signal<PagedState<Row>>, keyOf: (row: Row) => string, ask: AskPage<Row>, everyMs: number | null) {
    this.#state = state;
    this.#keyOf = keyOf;
    this.#ask = ask;
    this.#everyMs = everyMs;
    state.value = { ...state.peek(), isLoading: true, failure: null, failingSince: null, nextTryAt: null };
    this.#unfollow = isVisible.subscribe((visible) => {
      clearTimeout(this.#timer);
      if (visible) this.refresh();
    });
  }

  end(): void {
    this.#isOver = true;
    this.#unfollow();
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    forget(this);
  }

  seen(first: number, last: number): void {
    this.#seen = [first, last];
  }

  more(): void {
    const end = this.#pages.at(-1);
    if (end === undefined || end.cursor === null || this.#work === "more") return;
    const { cursor } = end;
    void this.#run("more", async (client) => {
      this.#pages.push(await this.#page(client, cursor));
    });
  }

  /** The pages around what is looked at, each from where the one before it ends now. */
  refresh(): void {
    void this.#run("refresh", async (client) => {
      const [first, last] = this.#pagesSeen();
      const fresh: HeldPage<Row>[] = [];
      for (let at = first; at <= last; at++) {
        const from = at === first ? (this.#pages[at]?.from ?? null) : (fresh.at(-1)?.cursor ?? null);
        if (at > 0 && from === null) break;
        fresh.push(await this.#page(client, from));
      }
      const after = this.#pages.slice(last + 1);
      const isJoined = after.length === 0 || after[0]?.from === fresh.at(-1)?.cursor;
      // Rows that moved over a page's end: what follows is asked for again when it is scrolled to.
      this.#pages = [...this.#pages.slice(0, first), ...fresh, ...(isJoined ? after : [])];
    });
  }

  /** Places of the first and the last page that is looked at. */
  #pagesSeen(): [number, number] {
    let rows = 0;
    let first = 0;
    let last = 0;
    for (const [at, page] of this.#pages.entries()) {
      if (rows <= this.#seen[0]) first = at;
      if (rows <= this.#seen[1]) last = at;
      rows += page.rows.length;
    }
    return [first, last];
  }

  async #page(client: Kerbside, from: string | null): Promise<HeldPage<Row>> {
    let page = await this.#ask(client, from);
    for (let empty = 0; page.rows.length === 0 && page.cursor !== null && empty < EMPTY_PAGES_MAX; empty++)
      page = await this.#ask(client, page.cursor);
    return { ...page, from };
  }

  async #run(work: "more" | "refresh", change: (client: Kerbside) => Promise<void>): Promise<void> {
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#work = work;
    let waitMs: number | null;
    try {
      await change(clientOf(AbortSignal.any([attempt.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])));
      if (attempt.signal.aborted) return;
      this.#failures = 0;
      told(this, "answered");
      const hasMore = this.#pages.at(-1)?.cursor != null;
      this.#state.value = { ...EMPTY, rows: this.#rows(), at: Date.now(), isLoading: false, hasMore };
      waitMs = this.#everyMs;
    } catch (error) {
      if (attempt.signal.aborted) return;
      waitMs = this.#failed(failureOf(error));
    }
    this.#work = "none";
    if (waitMs === null || this.#isOver || !isVisible.peek()) return;
    this.#timer = setTimeout(() => this.refresh(), waitMs);
  }

  /** A row that moved between two pages is there once. */
  #rows(): Row[] {
    const rows = new Map<string, Row>();
    for (const page of this.#pages) for (const row of page.rows) rows.set(this.#keyOf(row), row);
    return [...rows.values()];
  }

  #failed(failure: Failure): number | null {
    if (failure.kind === "refused") {
      told(this, "answered");
      this.#state.value = { ...EMPTY, isLoading: false, failure };
      if (failure.status === 401) keyEnded();
      return null;
    }
    const before = this.#state.peek();
    const failingSince = before.failingSince ?? outageSince.peek() ?? Date.now();
    const waitMs =
      ++this.#failures >= FAILURES_MAX
        ? null
        : Math.min(RETRY_MIN_MS * 2 ** (this.#failures - 1), RETRY_MAX_MS) * (0.5 + Math.random() / 2);
    told(this, { failingSince });
    const nextTryAt = waitMs === null ? null : Date.now() + waitMs;
    this.#state.value = { ...before, isLoading: false, failure, failingSince, nextTryAt };
    return waitMs;
  }
}
