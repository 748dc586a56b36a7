/**
 * One conversation with one station: (state, input, now) → state and effects, no more. Must not know sockets,
 * storage, the clock, or who the CSMS is.
 */
import { answeredBy, isCsmsAction, isStationAction } from "./actions.ts";
import { bootAnswer, edgeAnswer } from "./answers.ts";
import { errorCode, type FaultKind } from "./error-codes.ts";
import { invitedBy } from "./invitations.ts";
import { type Call, type CallError, decode, encode, encodeFault, isPayload, type Payload } from "./message.ts";
import type { Protocol } from "./protocol.ts";

/** [1.6 §4.2, 2.x B01-B03] `unknown`: it has not booted since it was registered here. Reconnecting is not booting. */
export type RegistrationStatus = "unknown" | "Accepted" | "Pending" | "Rejected";

/** What must survive hibernation. Small and bounded: it lives in the socket's attachment. */
export interface DurableSession {
  protocol: Protocol;
  registrationStatus: RegistrationStatus;
  /** [1.6 §4.1.1, 2.x P4 §4.1.2] the one CALL that this side has open; `deadline` in ms since the epoch. */
  openCall: { messageId: string; deadline: number } | null;
  /** [1.6 errata 3.10, 2.x B02.FR.09] Actions the CSMS asked for, so welcome before the boot is accepted. */
  invited: string[];
  /** The last CALL that was acknowledged here, so that its repetition gets the same answer and no second event. */
  lastAnswered: { messageId: string; digest: number; frame: string } | null;
}

export interface Session extends DurableSession {
  /** The station's CALL that is with the CSMS; those behind it wait, so that events keep the station's order. */
  asking: Call | null;
  inbox: Call[];
}

export type Answer = { payload: Payload } | { error: { code: string; description: string; details: Payload } };

/** `edge`: no backend had a say, be it that none has to or that there is none. */
export type AnsweredBy = "edge" | "csms";

export type Outcome =
  | { state: "result"; payload: Payload }
  | { state: "error"; error: { code: string; description: string; details: Payload } }
  | { state: "timeout" };

export interface SessionSettings {
  bootRetrySeconds: number;
}

export type Input =
  | { kind: "frame"; frame: string | ArrayBuffer }
  /** The answer to a CALL that was asked for; `null`: the CSMS is slow, down or broken. */
  | { kind: "answer"; call: Call; answer: Answer | null; answeredBy: AnsweredBy }
  | { kind: "command"; messageId: string; action: string; payload: Payload; timeoutMs: number }
  | { kind: "tick" };

export type Effect =
  /** Ask whoever decides, then step with an `answer`. */
  | { kind: "ask"; call: Call }
  /** Make the event durable, then send `frame`. */
  | { kind: "acknowledge"; call: Call; answer: Answer; answeredBy: AnsweredBy; frame: string }
  /** A SEND: keep it; there is nothing to answer. */
  | { kind: "keep"; call: Call }
  | { kind: "send"; frame: string }
  | { kind: "settle"; messageId: string; outcome: Outcome }
  | { kind: "malformed"; reason: string; messageId?: string };

export interface Step {
  session: Session;
  effects: Effect[];
}

/** CALLs that may wait behind the one at the CSMS. [2.x P4 §4.1.2] allows none; stations send them all the same. */
export const INBOX_MAX = 16;
/** Answers kept for a repeated CALL, in characters; a longer one is made anew. */
const LAST_ANSWER_MAX_LENGTH = 2_000;
const INVITED_MAX = 16;

export function openSession(protocol: Protocol, registrationStatus: RegistrationStatus): Session {
  return wakeSession({ protocol, registrationStatus, openCall: null, invited: [], lastAnswered: null });
}

export const wakeSession = (durable: DurableSession): Session => ({ ...durable, asking: null, inbox: [] });

export function durableSession(session: Session): DurableSession {
  const { protocol, registrationStatus, openCall, invited, lastAnswered } = session;
  return { protocol, registrationStatus, openCall, invited, lastAnswered };
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
      if (session.openCall === null || now < session.openCall.deadline) return { session, effects: [] };
      return {
        session: { ...session, openCall: null },
        effects: [{ kind: "settle", messageId: session.openCall.messageId, outcome: { state: "timeout" } }],
      };
  }
}

function onFrame(session: Session, frame: string | ArrayBuffer, now: number): Step {
  const decoded = decode(session.protocol, frame);
  if (!decoded.ok) {
    const effects: Effect[] = [{ kind: "malformed", reason: decoded.error.reason }];
    if (decoded.error.answer !== null) effects.push({ kind: "send", frame: decoded.error.answer });
    return { session, effects };
  }
  const message = decoded.value;
  switch (message.type) {
    case "call":
      return onCall(session, message, now);
    case "send":
      return { session, effects: [{ kind: "keep", call: { ...message, type: "call" } }] };
    case "callResult":
      return onCallResult(session, message.messageId, message.payload);
    case "callError":
      return settle(session, message.messageId, { state: "error", error: errorOf(message) });
    case "callResultError":
      // [OCPP 2.1 P4 §4.2.4] The station could not use our answer: for the log, since the answer stands.
      return {
        session,
        effects: [{ kind: "malformed", reason: `CALLRESULTERROR ${message.code}`, messageId: message.messageId }],
      };
  }
}

function onCall(session: Session, call: Call, now: number): Step {
  const { lastAnswered } = session;
  if (lastAnswered?.messageId === call.messageId && lastAnswered.digest === digest(encode(call))) {
    return { session, effects: [{ kind: "send", frame: lastAnswered.frame }] };
  }
  const waiting = session.asking === null ? [] : [session.asking, ...session.inbox];
  // Its answer is on the way already; two answers to one id would match the next CALL of a station that counts.
  if (waiting.some((open) => open.messageId === call.messageId)) return { session, effects: [] };

  const refusal = refuse(session, call);
  if (refusal !== null) return { session, effects: [refused(session, call, refusal.fault, refusal.description)] };
  if (session.asking === null) return answer(session, call, now);
  if (session.inbox.length >= INBOX_MAX) {
    return {
      session,
      effects: [refused(session, call, "internal", `more than ${INBOX_MAX} CALLs wait for an answer`)],
    };
  }
  return { session: { ...session, inbox: [...session.inbox, call] }, effects: [] };
}

function refuse(session: Session, call: Call): { fault: FaultKind; description: string } | null {
  const { protocol, registrationStatus, invited } = session;
  if (!isStationAction(protocol, call.action)) {
    return isCsmsAction(protocol, call.action)
      ? { fault: "not-supported", description: `${call.action.slice(0, 60)} goes from CSMS to station` }
      : { fault: "not-implemented", description: `no ${call.action.slice(0, 60)} in ${protocol}` };
  }
  // [2.x B02.FR.09, B03.FR.07] Before acceptance only a BootNotification, or what the CSMS asked for.
  const early = registrationStatus === "Pending" || registrationStatus === "Rejected";
  if (protocol !== "ocpp1.6" && early && call.action !== "BootNotification" && !invited.includes(call.action)) {
    return { fault: "security", description: `the station's boot is ${registrationStatus}` };
  }
  return null;
}

function answer(session: Session, call: Call, now: number): Step {
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
  let step = decide(rested, input, settings, now);
  while (step.session.asking === null && step.session.inbox.length > 0) {
    const [next, ...inbox] = step.session.inbox as [Call, ...Call[]];
    const following = answer({ ...step.session, inbox }, next, now);
    step = { session: following.session, effects: [...step.effects, ...following.effects] };
  }
  return step;
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

function acknowledge(session: Session, call: Call, given: Answer, by: AnsweredBy): Step {
  const { messageId } = call;
  const frame =
    "payload" in given
      ? encode({ type: "callResult", messageId, payload: given.payload })
      : encode({ type: "callError", messageId, ...given.error });
  const effects: Effect[] = [{ kind: "acknowledge", call, answer: given, answeredBy: by, frame }];
  const next: Session = { ...session };
  if (call.action === "BootNotification" && "payload" in given) {
    next.registrationStatus = given.payload.status as RegistrationStatus;
    if (next.registrationStatus === "Accepted") next.invited = [];
  } else if (call.action !== "Heartbeat" && frame.length <= LAST_ANSWER_MAX_LENGTH) {
    // A repeated BootNotification is a new question: Pending, said again for ever, would strand the station.
    next.lastAnswered = { messageId, digest: digest(encode(call)), frame };
  }
  return { session: next, effects };
}

function onCallResult(session: Session, messageId: string, payload: unknown): Step {
  if (isPayload(payload)) return settle(session, messageId, { state: "result", payload });
  const fault = "the CALLRESULT carries no object";
  const code = errorCode(session.protocol, "format");
  const outcome: Outcome = { state: "error", error: { code, description: fault, details: { received: payload } } };
  const settled = settle(session, messageId, outcome);
  if (session.protocol === "ocpp2.1") {
    // [OCPP 2.1 P4 §4.2.4] The station learns that its answer could not be used.
    const frame = encode({ type: "callResultError", messageId, code, description: fault, details: {} });
    settled.effects.push({ kind: "send", frame });
  }
  return settled;
}

/** Ends a CALL of this side. Matched by messageId, never by position: an answer may come after its deadline. */
function settle(session: Session, messageId: string, outcome: Outcome): Step {
  const openCall = session.openCall?.messageId === messageId ? null : session.openCall;
  return { session: { ...session, openCall }, effects: [{ kind: "settle", messageId, outcome }] };
}

function onCommand(session: Session, command: Input & { kind: "command" }, now: number): Step {
  const { messageId, action, payload, timeoutMs } = command;
  const invited = [...new Set([...session.invited, ...invitedBy(action, payload)])].slice(-INVITED_MAX);
  return {
    session: { ...session, invited, openCall: { messageId, deadline: now + timeoutMs } },
    effects: [{ kind: "send", frame: encode({ type: "call", messageId, action, payload }) }],
  };
}

/** [1.6 §4.2, 2.x B02.FR.05, B03] Why a command may not be sent now, `null` if it may. */
export function commandRefusal(status: RegistrationStatus, action: string): string | null {
  if (status === "Rejected") return "the station's boot was Rejected: nothing may be sent to it";
  const starts = /^(Remote|Request)(Start|Stop)Transaction$/.test(action);
  return status === "Pending" && starts ? `the station's boot is Pending: no ${action} before it is Accepted` : null;
}

function refused(session: Session, call: Call, fault: FaultKind, description: string): Effect {
  return { kind: "send", frame: encodeFault(session.protocol, call.messageId, fault, description) };
}

const errorOf = ({ code, description, details }: CallError) => ({ code, description, details });

/** FNV-1a: tells a repeated CALL from a new one under a used id. A collision repeats an answer, no more. */
function digest(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
