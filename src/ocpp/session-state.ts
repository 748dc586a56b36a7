/**
 * What a conversation consists of: its state, of which a part survives hibernation, what comes in and what comes out. Must
 * not know the rules.
 */
import type { LastAnswered } from "./last-answered.ts";
import type { Call, CallResult, Payload } from "./message.ts";
import type { OpenCall } from "./open-call.ts";
import type { Protocol } from "./protocol.ts";
import type { Deviation } from "./schemas/validate.ts";
import type { RegistrationStatus } from "./state-rules.ts";
import type { Strictness } from "./strictness.ts";

/** What must survive hibernation. Small and bounded: it lives in the socket's attachment. */
export interface DurableSession {
  protocol: Protocol;
  strictness: Strictness;
  registrationStatus: RegistrationStatus;
  /** [1.6 §4.1.1, 2.x P4 §4.1.2] the one CALL that this side has open. */
  openCall: OpenCall | null;
  /** [1.6 errata 3.10, 2.x B02.FR.09] Actions the CSMS asked for, so welcome before the boot is accepted. */
  invited: string[];
  /** The last CALL that was acknowledged here, so that its repetition gets the same answer and no second event. */
  lastAnswered: LastAnswered | null;
}

export interface Session extends DurableSession {
  /** The station's CALL that is with the CSMS; those behind it wait, so that events keep the station's order. */
  asking: CheckedCall | null;
  inbox: WaitingCall[];
}

/** A CALL whose payload has passed, with what lenient checking let pass in it. */
export interface CheckedCall extends Call {
  deviations: readonly Deviation[];
  /** ms since the epoch at which it came; absent where an older release took it. */
  receivedAt?: number;
}

export interface WaitingCall extends CheckedCall {
  /** A SEND, which waits for a boot's answer alone. */
  isSend?: true;
}

export type Answer = { payload: Payload } | { error: { code: string; description: string; details: Payload } };

/** `edge`: no backend had a say, be it that none has to or that there is none. */
export type AnsweredBy = "edge" | "csms";

export type Outcome =
  | { state: "result"; payload: Payload; deviations?: readonly Deviation[] }
  | { state: "error"; error: OutcomeError }
  | { state: "timeout" };

export interface OutcomeError {
  code: string;
  description: string;
  /** Of an error of the edge: what was `received`. */
  details: Payload;
  /** Who says so: the station by a CALLERROR, or the edge of what it cannot use. Rows of the first release have none. */
  origin?: "station" | "edge";
}

export type Input =
  | { kind: "frame"; frame: string | ArrayBuffer }
  /** The answer to a CALL that was asked for; `null`: the CSMS is slow, down or broken. */
  | { kind: "answer"; call: CheckedCall; answer: Answer | null; answeredBy: AnsweredBy }
  | { kind: "command"; messageId: string; action: string; payload: Payload; timeoutMs: number; probe?: true }
  | { kind: "tick" };

export type Effect =
  /** Ask whoever decides, then step with an `answer`. */
  | { kind: "ask"; call: CheckedCall }
  /** Make the event durable, then send `frame`. */
  | { kind: "acknowledge"; call: CheckedCall; answer: Answer; answeredBy: AnsweredBy; frame: string }
  /** A SEND: keep it; there is nothing to answer. */
  | { kind: "keep"; call: CheckedCall }
  | { kind: "send"; frame: string }
  /** A CALLERROR that is this side's verdict: nothing is kept but that it was refused. */
  | { kind: "refuse"; refused: RefusedCall; frame: string }
  | { kind: "settle"; messageId: string; outcome: Outcome }
  /** The line is free, and nobody waits for what freed it. */
  | { kind: "free" }
  /** A CALLRESULT: only who knows its CALL's action can tell whether it is one (`judgeResult` in call-result.ts). */
  | { kind: "judge"; messageId: string; result: Pick<CallResult, "payload" | "unfit" | "skipped"> }
  | { kind: "malformed"; reason: string; messageId?: string; excerpt?: string; path?: string };

/** What a station was told of a CALL that was not taken. */
export interface RefusedCall {
  messageId: string;
  action: string;
  /** As it was sent; of a frame that is no JSON the beginning. */
  payload: unknown;
  code: string;
  description: string;
  /** JSON pointer into the payload; "": the message as a whole. */
  path: string;
}

export interface Step {
  session: Session;
  effects: Effect[];
}

export function openSession(
  protocol: Protocol,
  strictness: Strictness,
  registrationStatus: RegistrationStatus,
): DurableSession {
  return { protocol, strictness, registrationStatus, openCall: null, invited: [], lastAnswered: null };
}

export const wakeSession = (durable: DurableSession): Session => ({ ...durable, asking: null, inbox: [] });

export function durableSession(session: Session): DurableSession {
  const { protocol, strictness, registrationStatus, openCall, invited, lastAnswered } = session;
  return { protocol, strictness, registrationStatus, openCall, invited, lastAnswered };
}
