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
  /** The beginning of the frame. */
  excerpt: string;
}

/** Characters that are shown of a frame which could not be used. */
export const EXCERPT_MAX_LENGTH = 400;
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
  return decodeParts(protocol, parts, { excerpt: excerptOf(text), unusable, altered });
}

/** Without its id the station would wait for an answer, time out and send the same frame again; and so would a command. */
function decodeHead(protocol: Protocol, text: string, unusable: string): Decoded {
  const [, type, messageId] = HEAD.exec(text.slice(0, HEAD_MAX_LENGTH)) ?? [];
  if (type === undefined) return unreadable(protocol, unusable);
  return decodeParts(protocol, [Number(type), messageId], { excerpt: excerptOf(text), unusable, altered: null });
}

/** The type and, as far as it is whole, the id: of a frame of which nothing else can be read. */
const HEAD = /^\s*\[\s*(\d{1,3})\s*(?:,\s*"([^"\\]{1,36})"(?=\s*(?:[,\]]|$)))?/;
const HEAD_MAX_LENGTH = 200;

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
    return kind === "call" ? unreadable(protocol, unusable ?? "no messageId") : silent(`a ${kind} without a messageId`);
  }
  switch (kind) {
    case "call": {
      if (unusable !== null) return refuse(protocol, messageId, "format", unusable);
      const held = holding(3, parts, frame);
      const call = decodeCall(protocol, messageId, held.parts);
      return call.ok ? ok({ ...call.value, ...held.unfit }) : call;
    }
    case "callResult": {
      // The CALL is answered, if by nothing that can be used: who sent it need not wait for the deadline.
      if (unusable !== null) return ok({ type: kind, messageId, payload: excerpt, ...unreadableAnswer(unusable) });
      const held = holding(2, parts, frame);
      const payload = parts.length < 3 ? undefined : (held.parts[2] ?? {});
      return ok({ type: kind, messageId, payload, ...held.unfit });
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
      if (unusable !== null) return silent(unusable);
      const held = holding(3, parts, frame);
      const call = decodeCall(protocol, messageId, held.parts);
      return call.ok ? ok({ ...call.value, ...held.unfit, type: "send" }) : silent(call.error.reason);
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
  return protocol === "ocpp2.0.1" ? refuse(protocol, messageId, "message-type", reason) : silent(reason);
}

function decodeCall(protocol: Protocol, messageId: string, parts: unknown[]): Decoded<Call> {
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

const silent = (reason: string): Decoded<never> => err({ reason, answer: null });

/** [OCPP 2.x P4 §4.2.3] messageId "-1"; OCPP-J 1.6 defines no answer to a frame that names no CALL. */
function unreadable(protocol: Protocol, reason: string): Decoded<never> {
  if (protocol === "ocpp1.6") return silent(reason);
  return err({ reason, answer: encodeFault(protocol, UNREADABLE_ID, "rpc-framework", reason) });
}

/** With the id as the station wrote it, so that it can tell which CALL failed; not one so long that it floods the answer. */
function refuse(protocol: Protocol, messageId: unknown, fault: FaultKind, reason: string): Decoded<never> {
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

/** The messageId of what looks like a CALL, without reading the rest of it; `null`: it does not. */
export function callIdOf(frame: string): string | null {
  return /^\s*\[\s*2\s*,\s*"([^"\\]{1,36})"/.exec(frame.slice(0, 200))?.[1] ?? null;
}
