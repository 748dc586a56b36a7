/**
 * What of the log the CSMS's own socket is to be told next, and how far it was told: in order, also past an event that it does not
 * answer, which it is told again. Must not know sockets.
 */
import type { CallData, StationEvent } from "../../delivery/event.ts";
import { LINK } from "../delivery/sinks.ts";
import type { EventLog } from "../storage/event-log.ts";
import { type AbandonedCall, withAbandoned } from "./abandoned-calls.ts";

/** How far it was told; it is changed in place. */
export interface LinkProgress {
  /** The CALL that it has not answered: of an event of the log, or `sequence: null`, the question. */
  open: { messageId: string; sequence: number | null /** ms since the epoch */; at: number } | null;
  /** The id of the CALL that it answered last: its event is no news. */
  answered?: string;
  /** The last event that it was told, behind one or more that it did not answer in time; `isWhole`: one. */
  passed?: { to: number; isWhole: boolean };
  /** What it was told and has not answered, and is waited for no more. */
  abandoned?: AbandonedCall[];
}

/** The first CALL that it does not know; `null`: it knows all. @param isAsking a question waits behind the events */
export function nextEvent(log: EventLog, { answered, passed }: LinkProgress, isAsking: boolean): StationEvent | null {
  const cursor = log.cursorOf(LINK);
  const isPassing = isAsking && passed !== undefined && cursor !== undefined && passed.to > cursor.acknowledged;
  let known = isPassing ? passed.to : (cursor?.acknowledged ?? 0);
  if (cursor === undefined || known >= log.head) return null;
  let next: StationEvent | null = null;
  const isAll = log.read({ ...cursor, acknowledged: known }, (event) => {
    const { messageId, answeredBy } = event.data as Partial<CallData>;
    const isOwn = answeredBy === "csms" && messageId !== undefined && messageId === answered;
    if (event.type === "ocpp.call" && !isOwn) {
      next = event;
      return false;
    }
    known = event.sequence;
    return true;
  });
  if (!isPassing) advance(log, isAll ? log.head : known);
  return next;
}

export function advance(log: EventLog, acknowledged: number): void {
  const cursor = log.cursorOf(LINK);
  if (cursor !== undefined && acknowledged > cursor.acknowledged) log.advance(LINK, { ...cursor, acknowledged });
}

/** It has answered the event that it was told last. */
export function eventAnswered(log: EventLog, progress: LinkProgress, sequence: number): void {
  const { passed } = progress;
  if (passed !== undefined && sequence > passed.to) {
    progress.passed = { ...passed, to: sequence };
    return;
  }
  advance(log, passed?.isWhole === true ? passed.to : sequence);
  // With another gap behind it, all from there on is told once more.
  delete progress.passed;
}

/** An event that the CSMS does not answer in time holds up no question, nor the events before that: it comes once more behind it. */
export function passOver(progress: LinkProgress, now: number, timeoutMs: number): void {
  const { open, passed } = progress;
  if (open === null || open.sequence === null) return;
  const isAgain = passed !== undefined && open.sequence <= passed.to;
  if (!isAgain && Math.abs(now - open.at) < timeoutMs) return;
  progress.open = null;
  const { messageId, sequence } = open;
  progress.abandoned = withAbandoned(progress.abandoned, { messageId, what: `#${sequence}` });
  if (!isAgain) progress.passed = { to: sequence, isWhole: passed === undefined };
}
