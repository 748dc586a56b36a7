/**
 * How long a certificate still counts, in whole days that are left: the same wherever it is shown. Must not know whose it is.
 */

const DAY_MS = 86_400_000;
/** Days before its end in which a certificate should be renewed, and in which it must. */
const [SOON_DAYS, NOW_DAYS] = [30, 7];

export interface DaysLeft {
  /** Of a badge. */
  tone: "good" | "warn" | "bad" | "plain";
  words: string;
  /** For a column. */
  short: string;
}

/** @param notAfter ISO 8601 */
export function daysLeft(notAfter: string, now: number): DaysLeft {
  const days = Math.floor((Date.parse(notAfter) - now) / DAY_MS);
  if (Number.isNaN(days)) return { tone: "plain", words: "its end is not known", short: "–" };
  if (days < 0) return { tone: "bad", words: `expired ${-days === 1 ? "a day" : `${-days} days`} ago`, short: "ended" };
  const tone = days < NOW_DAYS ? "bad" : days < SOON_DAYS ? "warn" : "good";
  if (days === 0) return { tone, words: "expires today", short: "today" };
  return { tone, words: days === 1 ? "1 day left" : `${days} days left`, short: `${days} d` };
}
