/**
 * Is anybody still on the line? When it is looked at, and what a look at it says. Must not know sockets or alarms, nor how a
 * station is asked.
 */
import { toldIntervalMs } from "./heartbeat-interval.ts";
import { isOpenStill, type OpenCall } from "./open-call.ts";
import type { Boot } from "./station-status.ts";

/** ms a silent station has to answer, by whatever it says. */
export const PROBE_TIMEOUT_MS = 20_000;
/** ms beyond two heartbeat intervals before a silent station is asked; with the time to answer 30 s. */
const SILENCE_GRACE_MS = 10_000;
/** ms of silence allowed to a station that may not be asked: nobody could tell it from a dead one. */
export const UNASKED_SILENCE_MS = 86_400_000;
/** Of the silence allowed: whoever spoke within so much of it is on time, and the next look can wait. */
const ON_TIME = 0.6;

/** All in ms since the epoch. */
export interface Line {
  since: number;
  lastMessageAt: number;
  /** The last message at the last look that found somebody; 0: there was none. */
  presenceCheckedAt: number;
  openCall: OpenCall | null;
}

export interface Expectation {
  /** ms */
  silenceMs: number;
  mayBeAsked: boolean;
  /** ms between two looks at a station that speaks. */
  lookEveryMs: number;
}

/**
 * [1.6 §4.2, 2.x B03] To a station whose boot was Rejected nothing may be sent; one that never booted here may hang up or
 * boot for ever when it is called.
 */
export function expectationOf(boot: Boot | null, defaultIntervalSeconds: number, lookEveryMs: number): Expectation {
  const silenceMs =
    boot === null ? 0 : 2 * toldIntervalMs(boot.intervalSeconds, defaultIntervalSeconds) + SILENCE_GRACE_MS;
  const mayBeAsked = boot !== null && boot.status !== "Rejected";
  return { silenceMs: mayBeAsked ? silenceMs : Math.max(silenceMs, UNASKED_SILENCE_MS), mayBeAsked, lookEveryMs };
}

/** `none`: it is too early to tell. */
export type Look = "none" | "alive" | "ask" | "gone";

export function lookAt(line: Line, expected: Expectation, now: number): Look {
  const { lastMessageAt, presenceCheckedAt, openCall } = line;
  if (openCall !== null && isOpenStill(openCall, now)) return "none";
  if (openCall?.probe === true) {
    // Over though its deadline is ahead: the clock was set back, and tells nothing of who was heard since.
    const isTold = lastMessageAt < openCall.deadline - PROBE_TIMEOUT_MS && openCall.deadline <= now;
    return isTold ? "gone" : "none";
  }
  // The clock was set back: counted from now, or the wait would be as long as the leap.
  if (Math.max(lastMessageAt, presenceCheckedAt) > now) return "alive";
  if (lookDueAt(line, expected) > now) return "none";
  if (!isSilent(line, expected, now)) {
    // Late, so looked at again as soon as it is silent: to call it alive would put that off to the next look.
    return now - lastMessageAt <= ON_TIME * expected.silenceMs ? "alive" : "none";
  }
  if (!expected.mayBeAsked) return "gone";
  // What settles the command whose time is over asks.
  return openCall === null ? "ask" : "none";
}

export const isSilent = ({ lastMessageAt }: Line, { silenceMs }: Expectation, now: number): boolean =>
  lastMessageAt + silenceMs <= now;

/** ms since the epoch. A command that is open asks as well, so nothing is done before its deadline. */
export const nextLookAt = (line: Line, expected: Expectation): number =>
  Math.max(lookDueAt(line, expected), line.lastMessageAt + expected.silenceMs, line.openCall?.deadline ?? 0);

/** Each look costs a row and a wake: the first comes as soon as silence would tell, later ones are rarer. */
function lookDueAt({ since, presenceCheckedAt }: Line, { silenceMs, lookEveryMs }: Expectation): number {
  return presenceCheckedAt === 0 ? since + silenceMs : presenceCheckedAt + Math.max(silenceMs, lookEveryMs);
}
