/**
 * The log: one JSON object a line. Must never be given env, headers, passwords or payload secrets.
 */

type Level = "info" | "warn" | "error";

export function log(level: Level, message: string, facts: Record<string, unknown> = {}): void {
  console[level](JSON.stringify({ level, message, ...facts }));
}

/** What may be said of an unexpected error: its message, never its stack to a client. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
