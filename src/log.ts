/**
 * The log: one JSON object a line. Must never be given env, headers, passwords or payload secrets.
 */

type Level = "info" | "warn" | "error";

export function log(level: Level, message: string, facts: Record<string, unknown> = {}): void {
  console[level](JSON.stringify({ level, message, ...facts }));
}

/** Characters; what an error quotes of a row or an answer has no bound of its own. */
const MESSAGE_MAX_LENGTH = 500;
/** The platform's own words for a text that it could not read, with the text behind them: any part of it may be a secret. */
const QUOTES = [/(?<=Unexpected token ).*$/s, /(?<=as JSON, got: ).*$/s];

/** What may be said of an unexpected error: its message, never its stack to a client. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const told = QUOTES.reduce((text, quote) => text.replace(quote, "…"), message);
  return told.length > MESSAGE_MAX_LENGTH ? `${told.slice(0, MESSAGE_MAX_LENGTH).toWellFormed()}…` : told;
}
