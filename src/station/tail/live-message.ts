/**
 * What an observer is told, as text: one JSON object each. Must not know observers, nor where frames come from.
 */
import { parseJson } from "../../json.ts";
import { MASK, maskedFrameText } from "../../security/masked-message.ts";

/** Characters of a frame that is no JSON which are shown. */
const TEXT_MAX_LENGTH = 4_000;

const headOf = (cursor: string, at: number): string => `{"cursor":"${cursor}","at":"${new Date(at).toISOString()}"`;

/** @param frame as it was on the line */
export function frameMessage(
  cursor: string,
  at: number,
  direction: "in" | "out",
  frame: string | ArrayBuffer,
  isMasked: boolean,
  sequence?: number,
): string {
  const event = sequence === undefined ? "" : `,"sequence":${sequence}`;
  return `${headOf(cursor, at)}${event},"direction":"${direction}",${shown(direction, frame, isMasked)}}`;
}

function shown(direction: "in" | "out", frame: string | ArrayBuffer, isMasked: boolean): string {
  const text = typeof frame === "string" ? frame : new TextDecoder().decode(frame.slice(0, TEXT_MAX_LENGTH));
  // What was made here is JSON; what a CSMS had passed on begins with whatever it began with.
  if (direction === "out" && !isMasked && text.startsWith("[") && text.endsWith("]")) return `"frame":${text}`;
  const parsed = typeof frame === "string" ? parsedFrame(frame) : undefined;
  if (parsed === undefined) return `"text":${JSON.stringify(isMasked ? MASK : text.slice(0, TEXT_MAX_LENGTH))}`;
  return `"frame":${isMasked ? maskedFrameText(text, parsed) : text}`;
}

/** `undefined`: it is no JSON. */
function parsedFrame(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** A connection that came or went. */
export function eventMessage(cursor: string, at: number, type: string, sequence: number, connection: unknown): string {
  return `${headOf(cursor, at)},"sequence":${sequence},"type":"${type}","connection":${JSON.stringify(connection)}}`;
}

/** An event of the log, both its sides, in the place of frames that are not kept. */
export const entryMessage = (entry: { sequence: number }): string =>
  JSON.stringify({ cursor: String(entry.sequence), entry });

/** What cannot be told any more: events of the log, or so many frames; `null`: nobody knows how many. */
export type Gap = { from: number; to: number } | { frames: number | null };
export const gapMessage = (cursor: string, gap: Gap): string => JSON.stringify({ cursor, gap });

/** From here on all frames come. */
export const liveMessage = (cursor: string, live: { online: boolean; heartbeats: number }): string =>
  JSON.stringify({ cursor, live });
