/**
 * What became of a question that was not answered, in words for the person who asked. Must not know the question.
 */
import { KerbsideProblem } from "../../client/problem.ts";

export type Failure =
  /** By what is signed in: asked again it is the same. */
  | { kind: "refused"; status: number; slug: string; title: string; detail: string; scope: string | null }
  /** No answer, or one that decided nothing: asked again it may be another. */
  | { kind: "failing"; detail: string };

/** "…lacks the scope campaigns:write" */
const SCOPE = /\b[a-z]+:(?:read|write|unmasked|connect)\b/;
/** Answers that may be others in a moment. */
const PASSING = [408, 429, 502, 503, 504];

export function failureOf(error: unknown): Failure {
  if (error instanceof KerbsideProblem && !PASSING.includes(error.status) && error.status < 500) {
    const { status, slug, title, detail } = error;
    return { kind: "refused", status, slug, title, detail: wordsOf(error), scope: SCOPE.exec(detail)?.[0] ?? null };
  }
  if (error instanceof KerbsideProblem) return { kind: "failing", detail: wordsOf(error) };
  return { kind: "failing", detail: "The edge does not answer." };
}

/** With each fault and where it is. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof KerbsideProblem)) return error instanceof Error ? error.message : String(error);
  const faults = error.faults.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return faults === "" ? error.detail || error.title : `${error.detail} ${faults}`;
}
