/**
 * What one kind of problem is made of. Must not know any.
 */

export interface ProblemKind<Slug extends string = string> {
  status: number;
  /** Stable: what a client may switch on, behind `/problems/`. */
  slug: Slug;
  title: string;
  meaning: string;
  remedy: string;
}

export const kind = <Slug extends string>(
  status: number,
  slug: Slug,
  title: string,
  meaning: string,
  remedy: string,
): ProblemKind<Slug> => ({ status, slug, title, meaning, remedy });
