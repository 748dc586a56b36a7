/**
 * What an observer that comes back has missed: the frames themselves where they are kept, else the events of the log, and where
 * something is lost that it is. Must not know sockets.
 */
import type { CallData } from "../../delivery/event.ts";
import { encode } from "../../ocpp/message.ts";
import { isRecord } from "../../shape.ts";
import { messagesPage } from "../history/messages-page.ts";
import type { StationContext } from "../object/context.ts";
import type { LogRow } from "../storage/store.ts";
import { keptEvent } from "../storage/log-event.ts";
import type { KeptFrame, KeptFrames } from "./kept-frames.ts";
import { cursorText, type LiveCursor } from "./live-cursor.ts";
import { entryMessage, eventMessage, frameMessage, gapMessage } from "./live-message.ts";

/** Events that are shown at once; as many as a log keeps that waits for nobody. */
const EVENTS_MAX = 200;
/** Bytes of them, or characters of frames: with what comes live they must not make an observer look slow. */
const REPLAY_MAX_LENGTH = 1_000_000;

export function replay(context: StationContext, kept: KeptFrames, after: LiveCursor, isMasked: boolean): string[] {
  const { sequence, frame } = after;
  const frames = frame?.epoch === kept.epoch ? kept.behind(frame.number) : null;
  const messages = frames && framesOf(context, kept, sequence, frames, isMasked);
  if (messages !== null) return messages;
  const gap = frame === null ? [] : [gapMessage(String(sequence), { frames: missed(kept, frame) })];
  return [...gap, ...eventsOf(context, sequence, isMasked)];
}

const missed = (kept: KeptFrames, { epoch, number }: { epoch: string; number: number }): number | null =>
  epoch === kept.epoch && number <= kept.last ? kept.last - number : null;

/** `null`: they are too large to be shown at once. */
function framesOf(
  context: StationContext,
  { epoch }: KeptFrames,
  after: number,
  frames: readonly KeptFrame[],
  isMasked: boolean,
): string[] | null {
  // No event behind it may be passed over by who goes on from there.
  let sequence = after;
  let length = 0;
  const messages: string[] = [];
  for (const frame of frames) {
    if (frame.kind === "event-out" || frame.kind === "event") sequence = Math.max(sequence, Number(frame.body));
    const message = messageOf(context, cursorText(sequence, epoch, frame.number), frame, isMasked);
    length += message.length;
    if (length > REPLAY_MAX_LENGTH) return null;
    messages.push(message);
  }
  return messages;
}

function messageOf(context: StationContext, cursor: string, { kind, at, body }: KeptFrame, isMasked: boolean): string {
  if (kind === "in" || kind === "out") return frameMessage(cursor, at, kind, body, isMasked);
  const event = kind === "cut-in" || kind === "cut-out" ? null : eventOf(context, Number(body));
  if (event === null) return gapMessage(cursor, { frames: 1 });
  if (kind === "event") return eventMessage(cursor, at, event.type, event.sequence, event.data);
  const call = event.data as unknown as CallData;
  if (kind === "event-in") return frameMessage(cursor, at, "in", calledBy(call), isMasked);
  return frameMessage(cursor, at, "out", answeredBy(call), isMasked, event.sequence);
}

function eventOf({ store }: StationContext, sequence: number) {
  const [row] = store.run<LogRow>("SELECT sequence, at, type, data FROM log WHERE sequence = ?1", sequence);
  return row === undefined ? null : keptEvent(row);
}

const calledBy = ({ messageId, action, payload }: CallData): string =>
  encode({ type: "call", messageId, action, payload });

function answeredBy({ messageId, answer }: CallData): string {
  const error = isRecord(answer) && isRecord(answer.error) ? answer.error : null;
  if (error === null) return encode({ type: "callResult", messageId, payload: answer });
  const { code, description, details } = error as {
    code: string;
    description: string;
    details: Record<string, unknown>;
  };
  return encode({ type: "callError", messageId, code, description, details });
}

/** The newest of them, oldest first, behind what says which are lost. */
function eventsOf(context: StationContext, seen: number, isMasked: boolean): string[] {
  const { head, floor } = context.eventLog;
  // What is before it was of an earlier registration.
  const after = Math.max(seen, floor);
  const query = { after, before: head + 1, limit: EVENTS_MAX, isMasked };
  const entries = messagesPage(context, query, REPLAY_MAX_LENGTH).messages.reverse();
  const first = entries[0]?.sequence ?? head + 1;
  const lost = first > after + 1 ? [gapMessage(String(first - 1), { from: after + 1, to: first - 1 })] : [];
  return [...lost, ...entries.map(entryMessage)];
}
