/**
 * OCPP-J frames: text to message and back, with the fault and its answer where a frame is none.
 * Must not know actions, payload schemas or the state of the conversation.
 */
import { err, ok, type Result } from "../result.ts";
import { errorCode, type FaultKind } from "./error-codes.ts";
import type { Protocol } from "./protocol.ts";

export type Payload = Record<string, unknown>;

export interface Call {
  type: "call";
  messageId: string;
  action: string;
  payload: Payload;
}
export interface CallResult {
  type: "callResult";
  messageId: string;
  /** Whatever the station sent, so that a bad answer can be shown to who asked. */
  payload: unknown;
}
export interface CallError {
  /** `callResultError` is OCPP 2.1's answer to a bad CALLRESULT. */
  type: "callError" | "callResultError";
  messageId: string;
  code: string;
  description: string;
  details: Payload;
}
/** [OCPP 2.1 P4 §4.2.5] A message that is never answered. */
export interface Send {
  type: "send";
  messageId: string;
  action: string;
  payload: Payload;
}
export type Message = Call | CallResult | CallError | Send;

/** A frame that is no message. `answer` is the CALLERROR it deserves, `null` where the version wants silence. */
export interface FrameFault {
  reason: string;
  answer: string | null;
  /** The id as far as it could be read. */
  messageId?: string;
}

/** [OCPP-J 1.6 §4.1.4, 2.x P4 §4.1.4] messageId: at most 36 characters, room for a UUID. */
export const MESSAGE_ID_MAX_LENGTH = 36;
/** [OCPP 2.x P4 §4.2.3] errorDescription: at most 255 characters. */
export const ERROR_DESCRIPTION_MAX_LENGTH = 255;
/** The largest frame taken, in characters: the row that keeps it must stay below SQLite's 2 MB for any text. */
export const FRAME_MAX_LENGTH = 500_000;

/** Levels of arrays and objects in a frame: OCPP itself needs less than a dozen, the rest is for vendors' data. */
export const NESTING_MAX = 64;
/** The longest messageId, legal or not, that a CALLERROR repeats. */
const ECHOED_ID_MAX_LENGTH = 255;

const TYPE_NUMBER = { call: 2, callResult: 3, callError: 4, callResultError: 5, send: 6 } as const;
const KINDS = Object.entries(TYPE_NUMBER) as [Message["type"], number][];
/** [OCPP 2.x P4 §4.2.3] Stands for a messageId that cannot be read. */
const UNREADABLE_ID = "-1";

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
      const description = message.description.slice(0, ERROR_DESCRIPTION_MAX_LENGTH);
      return JSON.stringify([...head, message.code, description, message.details]);
    }
  }
}

/** The CALLERROR for a fault. `description` names what was wrong; it is cut at 255 characters. */
export function encodeFault(protocol: Protocol, messageId: string, fault: FaultKind, description: string): string {
  const code = errorCode(protocol, fault);
  return encode({ type: "callError", messageId, code, description, details: {} });
}

export function decode(protocol: Protocol, frame: string | ArrayBuffer): Result<Message, FrameFault> {
  if (typeof frame !== "string") return unreadable(protocol, "a binary frame; OCPP-J is text");
  if (frame.length > FRAME_MAX_LENGTH) {
    // Without its id the station would wait for an answer, time out and send the same frame again.
    const [, type, messageId] = /^\s*\[\s*(\d+)\s*,\s*"([^"\\]{1,36})"/.exec(frame.slice(0, 200)) ?? [];
    if (type === undefined) return unreadable(protocol, tooLong(frame.length));
    return decodeParts(protocol, [Number(type), messageId], tooLong(frame.length));
  }
  let parts: unknown;
  try {
    parts = JSON.parse(frame);
  } catch {
    return unreadable(protocol, "not JSON");
  }
  if (!Array.isArray(parts)) return unreadable(protocol, "not a JSON array");
  if (parts.length === 0) return unreadable(protocol, "an empty array");
  return decodeParts(protocol, parts, excess(parts, frame.length));
}

/** @param unusable why only type and id may be looked at; `null`: all may */
function decodeParts(protocol: Protocol, parts: unknown[], unusable: string | null): Result<Message, FrameFault> {
  const [type, messageId] = parts;
  const kind = kindOf(protocol, type);
  if (kind === null) return unknownType(protocol, type, messageId);
  if (typeof messageId !== "string") {
    // [P4 §4.2.3, §4.2.5] Neither an answer nor a SEND is ever answered by a CALLERROR.
    return kind === "call" ? unreadable(protocol, "no messageId") : silent(`a ${kind} without a messageId`);
  }
  switch (kind) {
    case "call":
      if (unusable !== null) return refuse(protocol, messageId, "format", unusable);
      return decodeCall(protocol, messageId, parts);
    case "callResult": {
      // The CALL is answered, if by nothing that can be used: who sent it need not wait for the deadline.
      if (unusable !== null) return ok({ type: kind, messageId, payload: `[left out: ${unusable}]` });
      const payload = parts.length < 3 ? undefined : (parts[2] ?? {});
      return ok({ type: kind, messageId, payload });
    }
    case "callError":
    case "callResultError":
      return ok(decodeError(kind, messageId, unusable === null ? parts : [type, messageId, null, unusable]));
    case "send": {
      if (unusable !== null) return silent(unusable);
      const call = decodeCall(protocol, messageId, parts);
      return call.ok ? ok({ ...call.value, type: "send" }) : silent(call.error.reason);
    }
  }
}

/** [OCPP 2.1 P4 §4.1.3] Types 5 and 6 are of 2.1 alone. */
function kindOf(protocol: Protocol, type: unknown): Message["type"] | null {
  const [kind] = KINDS.find(([, number]) => number === type) ?? [];
  return kind === undefined || (protocol !== "ocpp2.1" && TYPE_NUMBER[kind] > 4) ? null : kind;
}

/** [OCPP-J 1.6 §4.1.3, 2.1 P4 §4.1.3] An unknown message type is ignored; [2.0.1 P4 §4.4] there it is answered. */
function unknownType(protocol: Protocol, type: unknown, messageId: unknown): Result<never, FrameFault> {
  const shown = typeof type === "number" || typeof type === "string" ? JSON.stringify(type).slice(0, 40) : typeof type;
  const reason = `message type ${shown}`;
  return protocol === "ocpp2.0.1" ? refuse(protocol, messageId, "message-type", reason) : silent(reason);
}

function decodeCall(protocol: Protocol, messageId: string, parts: unknown[]): Result<Call, FrameFault> {
  if (messageId === "") return unreadable(protocol, "an empty messageId");
  if (messageId.length > MESSAGE_ID_MAX_LENGTH) {
    return refuse(protocol, messageId, "rpc-framework", `messageId has more than ${MESSAGE_ID_MAX_LENGTH} characters`);
  }
  const [, , action, payload] = parts;
  if (typeof action !== "string") return refuse(protocol, messageId, "rpc-framework", "action is not a string");
  if (parts.length !== 4) {
    return refuse(protocol, messageId, "rpc-framework", `a CALL has 4 elements, not ${parts.length}`);
  }
  // [OCPP-J 1.6 §4.2.1] A CALL without fields may carry null in place of {}.
  if (payload !== null && !isPayload(payload)) {
    return refuse(protocol, messageId, "format", "/: the payload is not an object");
  }
  return ok({ type: "call", messageId, action, payload: payload ?? {} });
}

/** Stations send error codes, descriptions and details of every shape; each still ends the CALL it answers. */
function decodeError(type: CallError["type"], messageId: string, parts: unknown[]): CallError {
  const [, , code, description, details] = parts;
  return {
    type,
    messageId,
    code: typeof code === "string" && code !== "" ? code : "GenericError",
    description: typeof description === "string" ? description : "",
    details: isPayload(details) ? details : details === undefined || details === null ? {} : { received: details },
  };
}

export function isPayload(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const silent = (reason: string): Result<never, FrameFault> => err({ reason, answer: null });

/** [OCPP 2.x P4 §4.2.3] messageId "-1"; OCPP-J 1.6 defines no answer to a frame that names no CALL. */
function unreadable(protocol: Protocol, reason: string): Result<never, FrameFault> {
  if (protocol === "ocpp1.6") return silent(reason);
  return err({ reason, answer: encodeFault(protocol, UNREADABLE_ID, "rpc-framework", reason) });
}

/** The messageId of what looks like a CALL, without reading the rest of it; `null`: it does not. */
export function callIdOf(frame: string): string | null {
  return /^\s*\[\s*2\s*,\s*"([^"\\]{1,36})"/.exec(frame.slice(0, 200))?.[1] ?? null;
}

/** With the id as the station wrote it, so that it can tell which CALL failed; not one so long that it floods the answer. */
function refuse(protocol: Protocol, messageId: unknown, fault: FaultKind, reason: string): Result<never, FrameFault> {
  const isUsable = typeof messageId === "string" && messageId !== "" && messageId.length <= ECHOED_ID_MAX_LENGTH;
  if (!isUsable && protocol === "ocpp1.6") return silent(reason);
  if (!isUsable) return err({ reason, answer: encodeFault(protocol, UNREADABLE_ID, fault, reason) });
  return err({ reason, answer: encodeFault(protocol, messageId, fault, reason), messageId });
}

const tooLong = (length: number): string => `a frame of ${length} characters; the bound is ${FRAME_MAX_LENGTH}`;

/** What makes a parsed frame too much to be written again; `null`: nothing. */
function excess(parts: unknown[], length: number): string | null {
  if (isDeeper(parts, NESTING_MAX)) return `nested deeper than ${NESTING_MAX}`;
  // 1e20 is written out: five characters become twenty-one.
  if (length * 5 <= FRAME_MAX_LENGTH) return null;
  const written = JSON.stringify(parts).length;
  return written > FRAME_MAX_LENGTH ? tooLong(written) : null;
}

/** What JSON.parse takes at any depth overflows the stack of whatever walks it next, JSON.stringify for one. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) if (isDeeper((value as Payload)[key], levels - 1)) return true;
  return false;
}
