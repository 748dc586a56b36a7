/**
 * The last CALL that was acknowledged on a connection: its repetition gets the same answer. Must not know who answers.
 */
import { type Call, encode } from "./message.ts";

export interface LastAnswered {
  messageId: string;
  digest: number;
  frame: string;
}

/** Answers kept, in characters: they live in the socket's attachment. A longer one is made anew. */
const ANSWER_MAX_LENGTH = 2_000;

/** `null`: the answer is too long to be kept. */
export function rememberAnswer(call: Call, frame: string): LastAnswered | null {
  if (frame.length > ANSWER_MAX_LENGTH) return null;
  return { messageId: call.messageId, digest: digest(encode(call)), frame };
}

/** The frame that answered this very CALL, content and all; `null`: it is another one. */
export function repeatedAnswer(last: LastAnswered | null, call: Call): string | null {
  return last?.messageId === call.messageId && last.digest === digest(encode(call)) ? last.frame : null;
}

/** FNV-1a: tells a repeated CALL from a new one under a used id. A collision repeats an answer, no more. */
function digest(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
