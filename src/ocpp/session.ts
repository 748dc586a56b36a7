/**
 * One conversation with one station: (state, input, now) → state and effects, no more. Must not know sockets,
 * storage, the clock, or who the CSMS is.
 */
import { answeredBy, SEND_ACTION } from "./actions.ts";
import { bootAnswer, edgeAnswer } from "./answers.ts";
import { type FaultKind, legalCode } from "./error-codes.ts";
import { invitedBy } from "./invitations.ts";
import { type LastAnswered, rememberAnswer, repeatedAnswer } from "./last-answered.ts";
import {
  type Call,
  type CallError,
  decode,
  encode,
  encodeFault,
  isDeeper,
  NESTING_MAX,
  type Payload,
} from "./message.ts";
import { isOpenStill, type OpenCall } from "./open-call.ts";
import { checkPayload, type PayloadCheck, type Strictness } from "./payload-check.ts";
import type { Protocol } from "./protocol.ts";
import type { Deviation } from "./schemas/validate.ts";
import { callRefusal, isTooEarly, type RegistrationStatus } from "./state-rules.ts";

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
  inbox: CheckedCall[];
}

/** A CALL whose payload has passed, with what lenient checking let pass in it. */
export interface CheckedCall extends Call {
  deviations: readonly Deviation[];
}

export type Answer = { payload: Payload } | { error: { code: string; description: string; details: Payload } };

/** `edge`: no backend had a say, be it that none has to or that there is none. */
export type AnsweredBy = "edge" | "csms";

export type Outcome =
  | { state: "result"; payload: Payload; deviations?: readonly Deviation[] }
  | { state: "error"; error: { code: string; description: string; details: Payload } }
  | { state: "timeout" };

export interface SessionSettings {
  bootRetrySeconds: number;
}

export type Input =
  | { kind: "frame"; frame: string | ArrayBuffer }
  /** The answer to a CALL that was asked for; `null`: the CSMS is slow, down or broken. */
  | { kind: "answer"; call: CheckedCall; answer: Answer | null; answeredBy: AnsweredBy }
  | { kind: "command"; messageId: string; action: string; payload: Payload; timeoutMs: number }
  | { kind: "tick" };

export type Effect =
  /** Ask whoever decides, then step with an `answer`. */
  | { kind: "ask"; call: CheckedCall }
  /** Make the event durable, then send `frame`. */
  | { kind: "acknowledge"; call: CheckedCall; answer: Answer; answeredBy: AnsweredBy; frame: string }
  /** A SEND: keep it; there is nothing to answer. */
  | { kind: "keep"; call: CheckedCall }
  | { kind: "send"; frame: string }
  | { kind: "settle"; messageId: string; outcome: Outcome }
  /** A CALLRESULT: only who knows its CALL's action can tell whether it is one (`judgeResult` in call-result.ts). */
  | { kind: "judge"; messageId: string; payload: unknown }
  | { kind: "malformed"; reason: string; messageId?: string };

export interface Step {
  session: Session;
  effects: Effect[];
}

/** CALLs that may wait behind the one at the CSMS. [2.x P4 §4.1.2] allows none; stations send them all the same. */
export const INBOX_MAX = 16;
const INVITED_MAX = 16;

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

export function step(session: Session, input: Input, settings: SessionSettings, now: number): Step {
  switch (input.kind) {
    case "frame":
      return onFrame(session, input.frame, now);
    case "answer":
      return onAnswer(session, input, settings, now);
    case "command":
      return onCommand(session, input, now);
    case "tick":
      if (session.openCall === null || isOpenStill(session.openCall, now)) return { session, effects: [] };
      return {
        session: { ...session, openCall: null },
        effects: [{ kind: "settle", messageId: session.openCall.messageId, outcome: { state: "timeout" } }],
      };
  }
}

function onFrame(session: Session, frame: string | ArrayBuffer, now: number): Step {
  const decoded = decode(session.protocol, frame);
  if (!decoded.ok) {
    const { reason, answer, messageId } = decoded.error;
    const effects: Effect[] = [{ kind: "malformed", reason, ...(messageId !== undefined && { messageId }) }];
    if (answer !== null && !isOpen(session, messageId)) effects.push({ kind: "send", frame: answer });
    return { session, effects };
  }
  const message = decoded.value;
  switch (message.type) {
    case "call":
      return onCall(session, message, now);
    case "send":
      return onSend(session, { ...message, type: "call" });
    case "callResult":
      return settle(session, message.messageId, {
        kind: "judge",
        messageId: message.messageId,
        payload: message.payload,
      });
    case "callError":
      return settle(session, message.messageId, {
        kind: "settle",
        messageId: message.messageId,
        outcome: { state: "error", error: errorOf(message) },
      });
    case "callResultError":
      // [OCPP 2.1 P4 §4.2.4] The station could not use our answer: for the log, since the answer stands.
      return {
        session,
        effects: [{ kind: "malformed", reason: `CALLRESULTERROR ${message.code}`, messageId: message.messageId }],
      };
  }
}

function onCall(session: Session, call: Call, now: number): Step {
  const repeated = repeatedAnswer(session.lastAnswered, call);
  if (repeated !== null) return { session, effects: [{ kind: "send", frame: repeated }] };
  if (isOpen(session, call.messageId)) return { session, effects: [] };

  const { fault, deviations } = examine(session, call);
  if (fault !== null) return { session, effects: [refused(session, call, fault.kind, fault.description)] };
  const checked: CheckedCall = { ...call, deviations };
  if (session.asking === null) return answer(session, checked, now);
  if (session.inbox.length >= INBOX_MAX) {
    return {
      session,
      effects: [refused(session, call, "internal", `more than ${INBOX_MAX} CALLs wait for an answer`)],
    };
  }
  return { session: { ...session, inbox: [...session.inbox, checked] }, effects: [] };
}

/** Its answer is on the way already; two answers to one id would match the next CALL of a station that counts. */
function isOpen({ asking, inbox }: Session, messageId: string | undefined): boolean {
  if (messageId === undefined) return false;
  return asking?.messageId === messageId || inbox.some((waiting) => waiting.messageId === messageId);
}

/** [OCPP 2.1 P4 §4.2.5] Kept if it is one of the version's; never answered, whatever is wrong with it. */
function onSend(session: Session, call: Call): Step {
  const { protocol, strictness, registrationStatus } = session;
  const dropped = (reason: string): Step => ({
    session,
    effects: [{ kind: "malformed", reason, messageId: call.messageId }],
  });
  if (call.action !== SEND_ACTION) return dropped(`${call.action.slice(0, 60)} is not sent by SEND`);
  if (isTooEarly(protocol, registrationStatus)) return dropped(`the station's boot is ${registrationStatus}`);
  const { fault, deviations } = checkPayload(protocol, call.action, "request", call.payload, strictness);
  if (fault !== null) return dropped(fault.description);
  return { session, effects: [{ kind: "keep", call: { ...call, deviations } }] };
}

/** The action, the time and the payload, in that order: what cannot be meant is not looked into. */
function examine(session: Session, call: Call): PayloadCheck {
  const { protocol, strictness, registrationStatus, invited } = session;
  const refusal = callRefusal(protocol, call.action, registrationStatus, invited);
  if (refusal !== null) return { fault: refusal, deviations: [] };
  return checkPayload(protocol, call.action, "request", call.payload, strictness);
}

function answer(session: Session, call: CheckedCall, now: number): Step {
  if (answeredBy(call.action, call.payload) === "csms") {
    return { session: { ...session, asking: call }, effects: [{ kind: "ask", call }] };
  }
  return acknowledge(session, call, { payload: edgeAnswer(call.action, now) }, "edge");
}

function onAnswer(session: Session, input: Input & { kind: "answer" }, settings: SessionSettings, now: number): Step {
  const { call } = input;
  // An answer from before a restart of the conversation must not pass for one to a newer CALL.
  if (session.asking?.messageId !== call.messageId) return { session, effects: [] };
  const rested: Session = { ...session, asking: null };
  let step = decide(rested, { ...input, answer: sendable(session.protocol, input.answer) }, settings, now);
  while (step.session.asking === null && step.session.inbox.length > 0) {
    const [next, ...inbox] = step.session.inbox as [CheckedCall, ...CheckedCall[]];
    const following = answer({ ...step.session, inbox }, next, now);
    step = { session: following.session, effects: [...step.effects, ...following.effects] };
  }
  return step;
}

/** What the CSMS said, in what a frame of the version can say; `null`: it said nothing of use. */
function sendable(protocol: Protocol, given: Answer | null): Answer | null {
  if (given === null || isDeeper(given, NESTING_MAX)) return null;
  if ("payload" in given) return given;
  const { code, description, details } = given.error;
  const legal = legalCode(protocol, code);
  if (legal !== null) return { error: { code: legal, description, details } };
  return { error: { code: "GenericError", description: `${code}: ${description}`, details } };
}

function decide(
  session: Session,
  { call, answer: given, answeredBy: by }: Input & { kind: "answer" },
  settings: SessionSettings,
  now: number,
): Step {
  if (given !== null) return acknowledge(session, call, given, by);
  if (call.action === "BootNotification") {
    const payload = bootAnswer("Pending", settings.bootRetrySeconds, now);
    return acknowledge(session, call, { payload }, "edge");
  }
  return { session, effects: [refused(session, call, "internal", "the CSMS did not answer; try again")] };
}

function acknowledge(session: Session, call: CheckedCall, given: Answer, by: AnsweredBy): Step {
  const { messageId } = call;
  const frame =
    "payload" in given
      ? encode({ type: "callResult", messageId, payload: given.payload })
      : encode({ type: "callError", messageId, ...given.error });
  const effects: Effect[] = [{ kind: "acknowledge", call, answer: given, answeredBy: by, frame }];
  const next: Session = { ...session };
  if (call.action === "BootNotification" && "payload" in given) {
    next.registrationStatus = given.payload.status as RegistrationStatus;
    // [2.x B03.FR.07] What was asked for while Pending is not welcome once Rejected.
    if (next.registrationStatus !== "Pending") next.invited = [];
  } else if ("payload" in given && call.action !== "Heartbeat") {
    // A repeated BootNotification is a new question: Pending, said again for ever, would strand the station. So is
    // [1.6 §3.7.1, 2.x E13] what is repeated after a CALLERROR: another attempt.
    next.lastAnswered = rememberAnswer(call, frame) ?? next.lastAnswered;
  }
  return { session: next, effects };
}

/** Frees the line. Matched by messageId, never by position: an answer may come after its deadline. */
function settle(session: Session, messageId: string, effect: Effect): Step {
  const openCall = session.openCall?.messageId === messageId ? null : session.openCall;
  return { session: { ...session, openCall }, effects: [effect] };
}

function onCommand(session: Session, command: Input & { kind: "command" }, now: number): Step {
  const { messageId, action, payload, timeoutMs } = command;
  const invited = [...new Set([...session.invited, ...invitedBy(action, payload)])].slice(-INVITED_MAX);
  return {
    session: { ...session, invited, openCall: { messageId, deadline: now + timeoutMs, timeoutMs } },
    effects: [{ kind: "send", frame: encode({ type: "call", messageId, action, payload }) }],
  };
}

function refused(session: Session, call: Call, fault: FaultKind, description: string): Effect {
  return { kind: "send", frame: encodeFault(session.protocol, call.messageId, fault, description) };
}

const errorOf = ({ code, description, details }: CallError) => ({ code, description, details });
