/**
 * An event that a CSMS did not answer in time, from which it was gone on: when it is told again, and when it is given up. It is, only
 * where the CSMS answers others: one that answers nothing is down. Must not know the log, nor sockets.
 */

/** Tellings in a row without an answer to anything, and tellings that it ignored while it answered others: as a station's own attempts. */
const TOLD_MAX = 3;
/** Times the time for an answer: the longest wait between two of them. */
export const RETELL_MAX_TIMES = 2 ** (2 * TOLD_MAX - 3);

export interface PassedEvent {
  /** The last event that it was told, behind one or more that it did not answer in time. */
  to: number;
  /** It is one. */
  isWhole: boolean;
  // Absent where it is not known which, and in what an older release left: it is told again at once.
  /** The first of them, which is told again. */
  first?: number;
  /** Tellings since it last answered something in time. */
  told?: number;
  /** ms since the epoch of the last one */
  at?: number;
  /** Tellings before those, behind which it answered something else. */
  ignored?: number;
}

/** @param sequence of the event that it was told again, at that time, without an answer */
export function passedAgain(passed: PassedEvent, sequence: number, at: number): PassedEvent {
  const { to, isWhole } = passed;
  if (passed.first !== sequence) return { to, isWhole, first: sequence, told: 1, at };
  return { ...passed, told: (passed.told ?? 0) + 1, at };
}

/** ms since the epoch of its next telling; `null`: it waits until the CSMS answers something, so that nothing polls. */
export function retellAt({ told = 0, ignored = 0, at = 0 }: PassedEvent, timeoutMs: number): number | null {
  if (told + ignored === 0) return 0;
  return told >= TOLD_MAX ? null : at + timeoutMs * 2 ** (told + ignored - 1);
}

/** Whether it is time to tell it again, also by a clock that was set back since. */
export function isDue(passed: PassedEvent, { now, timeoutMs }: { now: number; timeoutMs: number }): boolean {
  const at = retellAt(passed, timeoutMs);
  return at !== null && (now >= at || now < (passed.at ?? 0));
}

/** The CSMS answered something that it was told later; `null`: it has ignored this one too often. */
export function proven(passed: PassedEvent): PassedEvent | null {
  const { told = 0, ignored = 0 } = passed;
  if (told === 0) return passed;
  return ignored + 1 >= TOLD_MAX ? null : { ...passed, told: 0, ignored: ignored + 1 };
}
