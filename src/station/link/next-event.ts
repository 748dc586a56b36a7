/**
 * What of the log the CSMS's own socket is to be told next, and how far it was told: in order, also past an event that it does not
 * answer, which it is told again. Must not know sockets.
 */
import type { CallData, StationEvent } from "../../delivery/event.ts";
import type { Cursor } from "../../delivery/outbox.ts";
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

/** The first CALL that it was not told, or is to be told again; `null`: there is none. @param isAsking a question waits behind the news */
export function nextEvent(log: EventLog, progress: LinkProgress, isAsking: boolean): StationEvent | null {
  const cursor = log.cursorOf(LINK);
  if (cursor === undefined || cursor.acknowledged >= log.head) return null;
  const { passed, answered } = progress;
  if (passed !== undefined && passed.to > cursor.acknowledged) {
    const news = firstCall(log, { ...cursor, acknowledged: passed.to }, answered);
    if (news.event !== null) return news.event;
    progress.passed = { ...passed, to: log.head };
    if (isAsking) return null;
  } else delete progress.passed;
  const { event, known } = firstCall(log, cursor, answered);
  advance(log, known);
  return event;
}

/** @param answered the id of the one that it answered last itself */
function firstCall(log: EventLog, cursor: Cursor, answered: string | undefined) {
  let known = cursor.acknowledged;
  let first: StationEvent | null = null;
  const isAll = log.read(cursor, (event) => {
    const { messageId, answeredBy } = event.data as Partial<CallData>;
    const isOwn = answeredBy === "csms" && messageId !== undefined && messageId === answered;
    if (event.type === "ocpp.call" && !isOwn) {
      first = event;
      return false;
    }
    known = event.sequence;
    return true;
  });
  return { event: first as StationEvent | null, known: isAll ? log.head : known };
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

/** ms since the epoch; `null`: no event is waited for, or one that was told again, until there is something else to say: nothing polls. */
export function dueAt({ open, passed }: LinkProgress, timeoutMs: number): number | null {
  if (open === null || open.sequence === null || open.sequence <= (passed?.to ?? 0)) return null;
  return open.at + timeoutMs;
}

/** Whether the event that it was told last is waited for no longer: told again it gives way at once, where there is anything else to say. */
export function isOver(
  log: EventLog,
  { open, passed }: LinkProgress,
  now: number,
  timeoutMs: number,
  isAsking = false,
): boolean {
  if (open === null || open.sequence === null) return false;
  if (passed !== undefined && open.sequence <= passed.to) return isAsking || log.head > passed.to;
  return Math.abs(now - open.at) >= timeoutMs;
}

/** An event that the CSMS does not answer holds up nothing: it comes once more behind all that. */
export function passOver(progress: LinkProgress): void {
  const { open, passed } = progress;
  if (open === null || open.sequence === null) return;
  progress.open = null;
  const { messageId, sequence } = open;
  progress.abandoned = withAbandoned(progress.abandoned, { messageId, what: `#${sequence}` });
  if (passed === undefined || sequence > passed.to) progress.passed = { to: sequence, isWhole: passed === undefined };
}
