/**
 * The one CALL that the CSMS has open with a station, and when its time is over. Must not know what it asks.
 */

/** [interface.md §2] The longest timeout of a command, ms. */
export const OPEN_CALL_MAX_MS = 120_000;

export interface OpenCall {
  messageId: string;
  /** ms since the epoch */
  deadline: number;
  /** Absent in sockets of older releases. */
  timeoutMs?: number;
  /** It is no command, and only to hear whether somebody is there. */
  probe?: true;
}

/** A deadline further ahead than its CALL may take is over too: the clock was set back since. */
export const isOpenStill = ({ deadline, timeoutMs = OPEN_CALL_MAX_MS }: OpenCall, now: number): boolean =>
  now < deadline && deadline <= now + timeoutMs;
