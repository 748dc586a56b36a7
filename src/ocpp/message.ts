/**
 * OCPP-J messages, and how each is written; decode.ts reads them. Must not know actions, payload schemas or the state of
 * the conversation.
 */
import { errorCode, type FaultKind } from "./error-codes.ts";
import type { Protocol } from "./protocol.ts";

export type Payload = Record<string, unknown>;

/** What is wrong with a message whose type and id could be read: it still is, or answers, a CALL. */
export interface Unfit {
  kind: FaultKind;
  /** `path: what is wrong there`. */
  description: string;
  /** JSON pointer into the payload. */
  path: string;
}

/** What stood around a message and was skipped. */
export type Skipped = "byte-order-mark" | "trailing-nul";

interface Received {
  unfit?: Unfit;
  skipped?: readonly Skipped[];
}

export interface Call extends Received {
  type: "call";
  messageId: string;
  action: string;
  /** With a number that makes it unfit as the text it was written as; of one that is no object `{ unreadable }`. */
  payload: Payload;
  /** What was sent for a payload, where that is no object. */
  received?: unknown;
}
export interface CallResult extends Received {
  type: "callResult";
  messageId: string;
  /** Whatever the station sent, so that a bad answer can be shown to who asked; of an unreadable frame an excerpt. */
  payload: unknown;
}
export interface CallError extends Received {
  /** `callResultError` is OCPP 2.1's answer to a bad CALLRESULT. */
  type: "callError" | "callResultError";
  messageId: string;
  code: string;
  description: string;
  details: Payload;
}
/** [OCPP 2.1 P4 §4.2.5] A message that is never answered. */
export interface Send extends Received {
  type: "send";
  messageId: string;
  action: string;
  payload: Payload;
}
export type Message = Call | CallResult | CallError | Send;

/** [OCPP-J 1.6 §4.1.4, 2.x P4 §4.1.4] messageId: at most 36 characters, room for a UUID. */
export const MESSAGE_ID_MAX_LENGTH = 36;
/** [OCPP 2.x P4 §4.2.3] errorDescription: at most 255 characters. */
export const ERROR_DESCRIPTION_MAX_LENGTH = 255;
/** The largest frame taken, in characters: the row that keeps it must stay below SQLite's 2 MB for any text. */
export const FRAME_MAX_LENGTH = 500_000;

/** Levels of arrays and objects in a frame: OCPP itself needs less than a dozen, the rest is for vendors' data. */
export const NESTING_MAX = 64;
export const TYPE_NUMBER = { call: 2, callResult: 3, callError: 4, callResultError: 5, send: 6 } as const;

export function encode(message: Message): string {
  const head = [TYPE_NUMBER[message.type], message.messageId];
  switch (message.type) {
    case "call":
    case "send":
      return JSON.stringify([...head, message.action, message.payload]);
    case "callResult":
      return JSON.stringify([...head, message.payload]);
    case "callError":
    case "callResultError": {
      return JSON.stringify([...head, message.code, cutDescription(message.description), message.details]);
    }
  }
}

export const cutDescription = (description: string): string => description.slice(0, ERROR_DESCRIPTION_MAX_LENGTH);

/** The CALLERROR for a fault. `description` names what was wrong; it is cut at 255 characters. */
export function encodeFault(protocol: Protocol, messageId: string, fault: FaultKind, description: string): string {
  const code = errorCode(protocol, fault);
  return encode({ type: "callError", messageId, code, description, details: {} });
}

export function isPayload(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What JSON.parse takes at any depth overflows the stack of whatever walks it next, JSON.stringify for one. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) if (isDeeper((value as Payload)[key], levels - 1)) return true;
  return false;
}
