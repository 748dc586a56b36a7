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
}

/** [OCPP-J 1.6 §4.1.4, 2.x P4 §4.1.4] messageId: at most 36 characters, room for a UUID. */
export const MESSAGE_ID_MAX_LENGTH = 36;
/** [OCPP 2.x P4 §4.2.3] errorDescription: at most 255 characters. */
export const ERROR_DESCRIPTION_MAX_LENGTH = 255;
/** The largest frame taken, in characters: the row that keeps it must stay below SQLite's 2 MB for any text. */
export const FRAME_MAX_LENGTH = 500_000;

const TYPE_NUMBER = { call: 2, callResult: 3, callError: 4, callResultError: 5, send: 6 } as const;
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
  if (frame.length > FRAME_MAX_LENGTH) return tooLarge(protocol, frame);
  let parts: unknown;
  try {
    parts = JSON.parse(frame);
  } catch {
    return unreadable(protocol, "not JSON");
  }
  if (!Array.isArray(parts)) return unreadable(protocol, "not a JSON array");
  const [type, messageId] = parts;
  if (typeof messageId !== "string") {
    // An unreadable answer answers nothing, and [P4 §4.2.3] an answer is never answered by a CALLERROR.
    if (type === 3 || type === 4 || type === 5) return silent("an answer without a messageId");
    return unreadable(protocol, "no messageId");
  }
  switch (type) {
    case TYPE_NUMBER.call:
      return decodeCall(protocol, messageId, parts);
    case TYPE_NUMBER.callResult:
      return parts.length < 3
        ? ok({ type: "callResult", messageId, payload: undefined })
        : ok({ type: "callResult", messageId, payload: parts[2] ?? {} });
    case TYPE_NUMBER.callError:
      return ok(decodeError("callError", messageId, parts));
    case TYPE_NUMBER.callResultError:
      if (protocol !== "ocpp2.1") break;
      return ok(decodeError("callResultError", messageId, parts));
    case TYPE_NUMBER.send: {
      if (protocol !== "ocpp2.1") break;
      const call = decodeCall(protocol, messageId, parts);
      // [OCPP 2.1 P4 §4.2.5] A SEND is never answered, not even by an error.
      return call.ok ? ok({ ...call.value, type: "send" }) : silent(call.error.reason);
    }
  }
  const reason = `message type ${JSON.stringify(type)?.slice(0, 40)}`;
  // [OCPP-J 1.6 §4.1.3, 2.1 P4 §4.1.3] An unknown message type is ignored; [2.0.1 P4 §4.4] there it is answered.
  if (protocol !== "ocpp2.0.1") return silent(reason);
  return err({ reason, answer: encodeFault(protocol, usableId(messageId), "message-type", reason) });
}

function decodeCall(protocol: Protocol, messageId: string, parts: unknown[]): Result<Call, FrameFault> {
  const refuse = (fault: FaultKind, reason: string): Result<never, FrameFault> =>
    err({ reason, answer: encodeFault(protocol, usableId(messageId), fault, reason) });
  if (messageId === "") return unreadable(protocol, "an empty messageId");
  if (messageId.length > MESSAGE_ID_MAX_LENGTH) {
    return refuse("rpc-framework", `messageId is longer than ${MESSAGE_ID_MAX_LENGTH} characters`);
  }
  const [, , action, payload] = parts;
  if (typeof action !== "string") return refuse("rpc-framework", "action is not a string");
  if (parts.length !== 4) return refuse("rpc-framework", `a CALL has 4 elements, not ${parts.length}`);
  // [OCPP-J 1.6 §4.2.1] A CALL without fields may carry null in place of {}.
  if (payload !== null && !isPayload(payload)) return refuse("format", "payload is not an object");
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

function tooLarge(protocol: Protocol, frame: string): Result<never, FrameFault> {
  const reason = `a frame of ${frame.length} characters; the bound is ${FRAME_MAX_LENGTH}`;
  // Without its id the station would wait for an answer, time out and send the same frame again.
  const messageId = /^\s*\[\s*2\s*,\s*"([^"\\]{1,36})"/.exec(frame.slice(0, 200))?.[1];
  if (messageId === undefined) return unreadable(protocol, reason);
  return err({ reason, answer: encodeFault(protocol, messageId, "format", reason) });
}

/** The id as the station wrote it, so that it can tell which CALL failed; not one so long that it floods the answer. */
function usableId(messageId: string): string {
  return messageId.length <= 255 ? messageId : UNREADABLE_ID;
}
