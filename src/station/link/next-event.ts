/**
 * What of the log the CSMS's own socket is to be told next, and how far it was told: in order, also past an event that it does not
 * answer, which it is told again. Must not know sockets.
 */
import type { CallData, StationEvent } from "../../delivery/event.ts";
import { type Cursor, withDeadLetters } from "../../delivery/outbox.ts";
import { LINK } from "../delivery/sinks.ts";
import type { EventLog } from "../storage/event-log.ts";
import { type AbandonedCall, withAbandoned } from "./abandoned-calls.ts";
import { isDue, type PassedEvent, passedAgain, proven, retellAt } from "./passed-event.ts";

/** How far it was told; it is changed in place. */
export interface LinkProgress {
  /** The CALL that it has not answered: of an event of the log, or `sequence: null`, the question. */
  open: { messageId: string; sequence: number | null /** ms since the epoch */; at: number } | null;
  /** The id of the CALL that it answered last: its event is no news. */
  answered?: string;
  /** Behind an event that it did not answer in time it was told more. */
  passed?: PassedEvent;
  /** What it was told and has not answered, and is waited for no more. */
  abandoned?: AbandonedCall[];
}

/** When it is looked at what is next. */
export interface LinkMoment {
  now: number;
  /** ms that it has for an answer */
  timeoutMs: number;
  /** A question waits behind the news. */
  isAsking: boolean;
}

/** The first CALL that it was not told, or is to be told again; `null`: there is none, or it is not time yet. */
export function nextEvent(log: EventLog, progress: LinkProgress, moment: LinkMoment): StationEvent | null {
  const cursor = log.cursorOf(LINK);
  if (cursor === undefined || cursor.acknowledged >= log.head) return null;
  const { passed, answered } = progress;
  if (passed !== undefined && passed.to > cursor.acknowledged) {
    const news = firstCall(log, { ...cursor, acknowledged: passed.to }, answered);
    if (news.event !== null) return news.event;
    progress.passed = { ...passed, to: log.head };
    if (moment.isAsking || !isDue(passed, moment)) return null;
  } else delete progress.passed;
  const { event, known } = firstCall(log, cursor, answered);
  // What is none of a CSMS's is no news: lost in a crash it is passed over once more.
  advance(log, known, false);
  return event;
}

/** Whether there is anything to say, as far as that is known without asking the log. */
export function hasNext(log: EventLog, progress: LinkProgress, moment: LinkMoment): boolean {
  const cursor = log.cursorOf(LINK);
  if (cursor === undefined || cursor.acknowledged >= log.head) return false;
  const { open, passed } = progress;
  if (open !== null) return isOver(log, progress, moment);
  return passed === undefined || log.head > passed.to || isDue(passed, moment);
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

function advance(log: EventLog, acknowledged: number, isNews = true): void {
  const cursor = log.cursorOf(LINK);
  if (cursor !== undefined && acknowledged > cursor.acknowledged)
    log.advance(LINK, { ...cursor, acknowledged }, isNews);
}

/** It has answered the event that it was told last, or one needs no answer. */
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

/** It answers in time. The event that it did not answer meanwhile, and has now ignored too often, is given up, and returned. */
export function answersInTime(log: EventLog, progress: LinkProgress): number | null {
  const { passed } = progress;
  const cursor = log.cursorOf(LINK);
  if (passed === undefined || cursor === undefined || passed.first === undefined) return null;
  const next = proven(passed);
  if (next !== null) {
    progress.passed = next;
    return null;
  }
  settle(progress, passed);
  if (passed.first <= cursor.acknowledged) return null;
  const acknowledged = Math.max(cursor.acknowledged, passed.isWhole ? passed.to : passed.first);
  log.advance(LINK, { ...withDeadLetters(cursor, passed.first, passed.first, 1), acknowledged });
  return passed.first;
}

/** The first gap is none any more; with another one behind it, all from there on is told once more. */
function settle(progress: LinkProgress, { to, isWhole }: PassedEvent): void {
  if (isWhole) delete progress.passed;
  else progress.passed = { to, isWhole };
}

/** Whether that is an answer to the event that it did not answer in time, which is settled by it. */
export function answeredLate(log: EventLog, progress: LinkProgress, messageId: string): boolean {
  const { passed, abandoned = [], open } = progress;
  if (passed?.first === undefined) return false;
  const what = `#${passed.first}`;
  if (!abandoned.some((each) => each.messageId === messageId && each.what === what)) return false;
  if (open?.sequence === passed.first) leave(progress);
  advance(log, passed.isWhole ? passed.to : passed.first);
  settle(progress, passed);
  return true;
}

/** ms since the epoch; `null`: no event is waited for, or one that was told again often enough: it waits for something else to say. */
export function dueAt({ open, passed }: LinkProgress, timeoutMs: number): number | null {
  if (open === null) return passed === undefined ? null : retellAt(passed, timeoutMs);
  if (open.sequence === null) return null;
  if (passed === undefined || open.sequence > passed.to) return open.at + timeoutMs;
  return retellAt(passedAgain(passed, open.sequence, open.at), timeoutMs);
}

/** Whether the event that it was told last is waited for no longer: told again it gives way at once, where there is anything else to say. */
export function isOver(log: EventLog, { open, passed }: LinkProgress, moment: LinkMoment): boolean {
  if (open === null || open.sequence === null) return false;
  if (passed === undefined || open.sequence > passed.to) {
    return Math.abs(moment.now - open.at) >= moment.timeoutMs;
  }
  return moment.isAsking || log.head > passed.to || isDue(passedAgain(passed, open.sequence, open.at), moment);
}

/** An event that the CSMS does not answer holds up nothing: it comes once more behind all that. */
export function passOver(progress: LinkProgress): void {
  const { open, passed } = progress;
  if (open === null || open.sequence === null) return;
  const { sequence, at } = open;
  leave(progress);
  if (passed === undefined) progress.passed = { to: sequence, isWhole: true, first: sequence, told: 1, at };
  else if (sequence > passed.to) progress.passed = { ...passed, to: sequence, isWhole: false };
  else progress.passed = passedAgain(passed, sequence, at);
}

/** Its answer is waited for no more. */
function leave(progress: LinkProgress): void {
  const { open } = progress;
  if (open === null) return;
  progress.open = null;
  const { messageId, sequence } = open;
  progress.abandoned = withAbandoned(progress.abandoned, { messageId, what: `#${sequence}` });
}
