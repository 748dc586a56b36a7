/**
 * OCPP-J frames to messages, with the fault and its answer where a frame is none. Must not know actions, payload schemas or
 * the state of the conversation.
 */
import { err, ok, type Result } from "../result.ts";
import { errorCode, type FaultKind } from "./error-codes.ts";
import {
  type Call,
  type CallError,
  encodeFault,
  FRAME_MAX_LENGTH,
  isDeeper,
  isPayload,
  type Message,
  MESSAGE_ID_MAX_LENGTH,
  NESTING_MAX,
  type Skipped,
  TYPE_NUMBER,
  type Unfit,
} from "./message.ts";
import { type AlteredNumber, alteredNumber, describeAltered } from "./numbers.ts";
import type { Protocol } from "./protocol.ts";

/** A frame that is no message. `answer` is the CALLERROR it deserves, `null` where the version wants silence. */
export interface FrameFault {
  reason: string;
  answer: string | null;
  /** The id as far as it could be read. */
  messageId?: string;
  /** Of a CALL: its action could be read as well, so that it can be told what was refused. */
  call?: Call;
  /** JSON pointer into the frame; "": all of it. */
  path: string;
  /** The beginning of the frame. */
  excerpt: string;
}

/** Characters that are kept of a frame which could not be used: of most all there is. */
export const EXCERPT_MAX_LENGTH = 4_000;
/** Characters of a payload that is no object which stand for it, where there must be an object. */
const UNREADABLE_MAX_LENGTH = 4_000;
/** The longest messageId, legal or not, that a CALLERROR repeats. */
const ECHOED_ID_MAX_LENGTH = 255;

const KINDS = Object.entries(TYPE_NUMBER) as [Message["type"], number][];
/** [OCPP 2.x P4 §4.2.3] Stands for a messageId that cannot be read. */
const UNREADABLE_ID = "-1";

type Fault = Omit<FrameFault, "excerpt">;
type Decoded<Value extends Message = Message> = Result<Value, Fault>;

export function decode(protocol: Protocol, frame: string | ArrayBuffer): Result<Message, FrameFault> {
  const { text, skipped } = typeof frame === "string" ? bare(frame) : { text: null, skipped: [] };
  const decoded = text === null ? unreadable(protocol, "a binary frame; OCPP-J is text") : decodeText(protocol, text);
  if (!decoded.ok) return err({ ...decoded.error, excerpt: excerptOf(frame) });
  return skipped.length === 0 ? decoded : ok({ ...decoded.value, skipped });
}

function decodeText(protocol: Protocol, text: string): Decoded {
  if (text.length > FRAME_MAX_LENGTH) return decodeHead(protocol, text, tooLong(text.length));
  let parts: unknown;
  try {
    parts = JSON.parse(text);
  } catch {
    return decodeHead(protocol, text, "not JSON");
  }
  if (!Array.isArray(parts)) return unreadable(protocol, "not a JSON array");
  if (parts.length === 0) return unreadable(protocol, "an empty array");
  const unusable = excess(parts, text.length);
  // What is nested too deep is not walked for its numbers.
  const altered = unusable === null ? alteredNumber(text, parts) : null;
  return decodeParts(protocol, parts, { text, excerpt: excerptOf(text), unusable, altered });
}

/** Without its id the station would wait for an answer, time out and send the same frame again; and so would a command. */
function decodeHead(protocol: Protocol, text: string, unusable: string): Decoded {
  const [, type, id, action] = HEAD.exec(text.slice(0, HEAD_MAX_LENGTH)) ?? [];
  if (type === undefined) return unreadable(protocol, unusable);
  const parts = [Number(type), id === undefined ? undefined : idOf(id), action];
  return decodeParts(protocol, parts, { text, excerpt: excerptOf(text), unusable, altered: null });
}

/** The type and, as far as they are whole, id and action: of a frame of which nothing else can be read. */
const HEAD =
  /^\s*\[\s*(\d{1,3})\s*(?:,\s*("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}){1,36}")(?=\s*(?:[,\]]|$))(?:\s*,\s*"([A-Za-z0-9]{1,60})"(?=\s*(?:[,\]]|$)))?)?/;
/** An id may be written in escapes alone, of six characters each. */
const HEAD_MAX_LENGTH = 400;

/** `undefined`: what stands for it is no text of JSON after all. */
function idOf(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

/** [deviation] A station's text buffer may end in NULs, and its text begin with a mark that JSON does not have [RFC 8259 §8.1]. */
function bare(frame: string): { text: string; skipped: Skipped[] } {
  const start = frame.startsWith("\ufeff") ? 1 : 0;
  let end = frame.length;
  for (let at = end; at > start && " \t\r\n\0".includes(frame.charAt(at - 1)); at--) {
    if (frame.charAt(at - 1) === "\0") end = at - 1;
  }
  const skipped: Skipped[] = [];
  if (start > 0) skipped.push("byte-order-mark");
  if (end < frame.length) skipped.push("trailing-nul");
  return { text: skipped.length === 0 ? frame : frame.slice(start, end), skipped };
}

function excerptOf(frame: string | ArrayBuffer): string {
  if (typeof frame === "string") return frame.slice(0, EXCERPT_MAX_LENGTH);
  return new TextDecoder().decode(frame.slice(0, EXCERPT_MAX_LENGTH));
}

/** What else is known of a frame. */
interface Frame {
  text: string;
  excerpt: string;
  /** Why only type and id may be looked at; `null`: all may. */
  unusable: string | null;
  altered: AlteredNumber | null;
}

function decodeParts(protocol: Protocol, parts: unknown[], frame: Frame): Decoded {
  const [type, messageId] = parts;
  const { unusable, excerpt } = frame;
  const kind = kindOf(protocol, type);
  if (kind === null) return unknownType(protocol, type, messageId);
  if (typeof messageId !== "string") {
    // [P4 §4.2.3, §4.2.5] Neither an answer nor a SEND is ever answered by a CALLERROR.
    return kind === "call"
      ? unreadable(protocol, unusable ?? "no messageId", "/1")
      : silent(`a ${kind} without a messageId`, "/1");
  }
  switch (kind) {
    case "call": {
      if (unusable !== null) {
        const [, , action] = parts;
        return refuse(protocol, messageId, "format", unusable, "", [action, frame.text]);
      }
      const held = holding(3, parts, frame);
      const call = decodeCall(protocol, messageId, held.parts);
      return call.ok ? ok({ ...call.value, ...held.unfit }) : call;
    }
    case "callResult": {
      // The CALL is answered, if by nothing that can be used: who sent it need not wait for the deadline.
      if (unusable !== null) return ok({ type: kind, messageId, payload: excerpt, ...unreadableAnswer(unusable) });
      const held = holding(2, parts, frame);
      if (parts.length < 3) {
        const unfit = unreadableAnswer(`a CALLRESULT has 3 elements, not ${parts.length}`);
        return ok({ type: kind, messageId, payload: excerpt, ...unfit });
      }
      return ok({ type: kind, messageId, payload: held.parts[2], ...held.unfit });
    }
    case "callError":
    case "callResultError": {
      if (unusable !== null) {
        const error = { code: errorCode(protocol, "format"), description: unusable, details: { received: excerpt } };
        return ok({ type: kind, messageId, ...error, ...unreadableAnswer(unusable) });
      }
      // The station's own word stands, so its numbers are only shown as they were written.
      return ok(decodeError(kind, messageId, holding(4, parts, frame).parts));
    }
    case "send": {
      if (unusable !== null) return silent(unusable, "");
      const held = holding(3, parts, frame);
      const call = decodeCall(protocol, messageId, held.parts);
      return call.ok ? ok({ ...call.value, ...held.unfit, type: "send" }) : silent(call.error.reason, call.error.path);
    }
  }
}

const unreadableAnswer = (reason: string): { unfit: Unfit } => ({
  unfit: { kind: "format", description: reason, path: "" },
});

/** The frame's elements; a number that a double cannot hold is its text in the one at `index`. */
function holding(index: number, parts: unknown[], { altered }: Frame): { parts: unknown[]; unfit?: { unfit: Unfit } } {
  const prefix = `/${index}`;
  if (altered === null || !(altered.path === prefix || altered.path.startsWith(`${prefix}/`))) return { parts };
  const path = altered.path.slice(prefix.length);
  const unfit: Unfit = { kind: "property", description: describeAltered({ ...altered, path }), path };
  return { parts: parts.with(index, (altered.value as unknown[])[index]), unfit: { unfit } };
}

/** [OCPP 2.1 P4 §4.1.3] Types 5 and 6 are of 2.1 alone. */
function kindOf(protocol: Protocol, type: unknown): Message["type"] | null {
  const [kind] = KINDS.find(([, number]) => number === type) ?? [];
  return kind === undefined || (protocol !== "ocpp2.1" && TYPE_NUMBER[kind] > 4) ? null : kind;
}

/** [OCPP-J 1.6 §4.1.3, 2.1 P4 §4.1.3] An unknown message type is ignored; [2.0.1 P4 §4.4] there it is answered. */
function unknownType(protocol: Protocol, type: unknown, messageId: unknown): Decoded<never> {
  const shown = typeof type === "number" ? String(type) : typeof type;
  const reason = `message type ${shown}`;
  return protocol === "ocpp2.0.1" ? refuse(protocol, messageId, "message-type", reason, "/0") : silent(reason, "/0");
}

function decodeCall(protocol: Protocol, messageId: string, parts: unknown[]): Decoded<Call> {
  if (messageId === "") return unreadable(protocol, "an empty messageId", "/1");
  if (messageId.length > MESSAGE_ID_MAX_LENGTH) {
    const reason = `messageId has more than ${MESSAGE_ID_MAX_LENGTH} characters`;
    return refuse(protocol, messageId, "rpc-framework", reason, "/1", [parts[2], parts[3]]);
  }
  const [, , action, payload] = parts;
  if (typeof action !== "string") return refuse(protocol, messageId, "rpc-framework", "action is not a string", "/2");
  if (parts.length !== 4) {
    const reason = `a CALL has 4 elements, not ${parts.length}`;
    return refuse(protocol, messageId, "rpc-framework", reason, "", [action, payload]);
  }
  // [OCPP-J 1.6 §4.2.1] A CALL without fields may carry null in place of {}.
  if (payload !== null && !isPayload(payload)) {
    return refuse(protocol, messageId, "format", "/: the payload is not an object", "/3", [action, payload]);
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

const silent = (reason: string, path: string): Decoded<never> => err({ reason, answer: null, path });

/** [OCPP 2.x P4 §4.2.3] messageId "-1"; OCPP-J 1.6 defines no answer to a frame that names no CALL. */
function unreadable(protocol: Protocol, reason: string, path = ""): Decoded<never> {
  if (protocol === "ocpp1.6") return silent(reason, path);
  return err({ reason, answer: encodeFault(protocol, UNREADABLE_ID, "rpc-framework", reason), path });
}

/**
 * With the id as the station wrote it, so that it can tell which CALL failed; not one so long that it floods the answer.
 * @param said of a CALL: its action and payload, as far as they could be read
 */
function refuse(
  protocol: Protocol,
  messageId: unknown,
  fault: FaultKind,
  reason: string,
  path: string,
  said: [action: unknown, payload: unknown] = [undefined, undefined],
): Decoded<never> {
  const isUsable = typeof messageId === "string" && messageId !== "" && messageId.length <= ECHOED_ID_MAX_LENGTH;
  if (!isUsable && protocol === "ocpp1.6") return silent(reason, path);
  if (!isUsable) return err({ reason, answer: encodeFault(protocol, UNREADABLE_ID, fault, reason), path });
  const [action, payload] = said;
  const call = typeof action === "string" && { call: unfitCall(messageId, action, payload, fault, reason) };
  return err({ reason, answer: encodeFault(protocol, messageId, fault, reason), path, messageId, ...call });
}

function unfitCall(messageId: string, action: string, received: unknown, kind: FaultKind, description: string): Call {
  const unfit: Unfit = { kind, description, path: "" };
  if (isPayload(received)) return { type: "call", messageId, action, payload: received, unfit };
  const text = typeof received === "string" ? received : (JSON.stringify(received) ?? "");
  // A transaction's message that is forwarded whatever is wrong with it must not lose what it said.
  const payload = { unreadable: text.slice(0, UNREADABLE_MAX_LENGTH) };
  const shown = typeof received === "string" ? payload.unreadable : (received ?? null);
  return { type: "call", messageId, action, payload, received: shown, unfit };
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

/** The messageId of what looks like a CALLRESULT or CALLERROR, without reading the rest of it; `null`: it does not. */
export function answeredIdOf(frame: string): string | null {
  return /^\s*\[\s*[34]\s*,\s*"([^"\\]{1,128})"/.exec(frame.slice(0, 200))?.[1] ?? null;
}

/** The messageId of what looks like a CALL, without reading the rest of it; `null`: it does not. */
export function callIdOf(frame: string): string | null {
  return /^\s*\[\s*2\s*,\s*"([^"\\]{1,36})"/.exec(frame.slice(0, 200))?.[1] ?? null;
}
