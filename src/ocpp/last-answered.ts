/**
 * The last CALL that was acknowledged on a connection: its repetition gets the same answer for as long as a station may
 * wait for one. Must not know who answers.
 */
import type { Call } from "./message.ts";
import { contentOf, digest, REPEATED_WITHIN_MS } from "./repetition.ts";

export interface LastAnswered {
  messageId: string;
  digest: number;
  frame: string;
  /** ms since the epoch; absent where an older release wrote it: too old. */
  at?: number;
}

/** Answers kept, in characters: they live in the socket's attachment. A longer one is made anew. */
const ANSWER_MAX_LENGTH = 2_000;

/** `null`: it is not kept, because the answer is too long or is to be asked for each time. */
export function rememberAnswer(call: Call, frame: string, now: number): LastAnswered | null {
  // A tag may have been blocked meanwhile, and a boot that was Pending, said again for ever, would strand the station.
  if (call.action === "Authorize" || call.action === "BootNotification") return null;
  if (frame.length > ANSWER_MAX_LENGTH) return null;
  return { messageId: call.messageId, digest: digestOf(call), frame, at: now };
}

/** The frame that answered this very CALL, content and all; `null`: it is another one, or that was too long ago. */
export function repeatedAnswer(last: LastAnswered | null, call: Call, now: number): string | null {
  if (last?.messageId !== call.messageId) return null;
  // The clock may have been set back.
  if (last.at === undefined || Math.abs(now - last.at) > REPEATED_WITHIN_MS) return null;
  return last.digest === digestOf(call) ? last.frame : null;
}

/** Tells a repeated CALL from a new one under a used id. A collision repeats an answer, no more. */
const digestOf = (call: Call): number => digest(`${call.action} ${contentOf(call)}`);
