/**
 * Where an observer is: behind an event of the log, and behind a frame while somebody watched. Must not know either.
 */
import { LIVE_CURSOR } from "../../ocpp/live-protocol.ts";

export interface LiveCursor {
  /** Of the log: the newest event that there was. */
  sequence: number;
  /** A frame since somebody began to watch; `null`: none is meant. */
  frame: { epoch: string; number: number } | null;
}

export function readCursor(text: string): LiveCursor | null {
  const [, sequence, epoch, number] = LIVE_CURSOR.exec(text) ?? [];
  if (sequence === undefined) return null;
  return { sequence: Number(sequence), frame: epoch === undefined ? null : { epoch, number: Number(number) } };
}

export const cursorText = (sequence: number, epoch: string, number: number): string => `${sequence}.${epoch}.${number}`;
