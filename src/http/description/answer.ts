/**
 * What is told of an operation's answers. Must not know any operation.
 */
import type * as z from "zod";
import type { API_PROBLEMS } from "../problem-kinds.ts";

export interface Answer {
  description: string;
  /** Absent: no body. */
  schema?: z.ZodType;
  /** Of the body, where it is no JSON. */
  media?: string;
  example?: unknown;
  /** Of the answer, beside X-Request-Id. */
  headers?: Readonly<Record<string, string>>;
}

export interface Answers {
  answers: Readonly<Record<number, Answer>>;
  problems: readonly (keyof typeof API_PROBLEMS)[];
  /** Headers of the request. */
  headers?: Readonly<Record<string, string>>;
  /** Of its body. */
  example?: unknown;
}

/** In examples. */
export const NOW = "2026-11-28T12:00:00.000Z";
