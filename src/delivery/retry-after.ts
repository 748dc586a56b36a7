/**
 * When a receiver says it wants to be tried again. Must not know what was sent.
 */

/** What a receiver may put off a delivery by. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** ms; [RFC 9110 §10.2.3] seconds or a date. `null`: it says nothing of use. */
export function retryAfterMs(value: string | null, now: number): number | null {
  const text = value?.trim() ?? "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) || ms <= 0 ? null : Math.min(ms, RETRY_AFTER_MAX_MS);
}
