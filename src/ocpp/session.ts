/**
 * One conversation with one station: (state, input, now) → state and effects, no more. Must not know sockets,
 * storage, the clock, or who the CSMS is.
 */
import { answeredBy, hasHappened, SEND_ACTION } from "./actions.ts";
import { bootAnswer, edgeAnswer } from "./built-in-answers.ts";
import { legalCode } from "./error-codes.ts";
import { isBootAhead, isOpen, isRepeatedWhileOpen } from "./inbox.ts";
import { invitedBy } from "./invitations.ts";
import { rememberAnswer, repeatedAnswer } from "./last-answered.ts";
import { decode } from "./decode.ts";
import { type Call, cutDescription, encode, isDeeper, MESSAGE_ID_MAX_LENGTH, NESTING_MAX } from "./message.ts";
import { isOpenStill } from "./open-call.ts";
import { checkReceived, type PayloadCheck } from "./payload-check.ts";
import type { Protocol } from "./protocol.ts";
import { isSameCall } from "./repetition.ts";
import { errorOf, internal, refused } from "./verdict.ts";
import type { Answer, AnsweredBy, CheckedCall, Effect, Input, Session, Step, WaitingCall } from "./session-state.ts";
import { callRefusal, isTooEarly } from "./state-rules.ts";

export { durableSession, openSession, wakeSession } from "./session-state.ts";
export type {
  Answer,
  AnsweredBy,
  CheckedCall,
  DurableSession,
  Effect,
  Input,
  Outcome,
  OutcomeError,
  RefusedCall,
  Session,
  Step,
} from "./session-state.ts";

export interface SessionSettings {
  bootRetrySeconds: number;
}

/** CALLs that may wait behind the one at the CSMS. [2.x P4 §4.1.2] allows none; stations send them all the same. */
export const INBOX_MAX = 16;
/** Actions that a station may call before its boot is accepted, because commands asked for them: they ride with its socket. */
const INVITED_MAX = 16;

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
      return settle(session, session.openCall.messageId, {
        kind: "settle",
        messageId: session.openCall.messageId,
        outcome: { state: "timeout" },
      });
  }
}

function onFrame(session: Session, frame: string | ArrayBuffer, now: number): Step {
  const decoded = decode(session.protocol, frame);
  if (!decoded.ok) {
    const { reason, answer, messageId, call, excerpt, path } = decoded.error;
    const named = messageId !== undefined && { messageId };
    const effects: Effect[] = [{ kind: "malformed", reason, excerpt, path, ...named }];
    if (call !== undefined) {
      const refusal = onUnfitCall(session, call, now);
      return { session: refusal.session, effects: [...effects, ...refusal.effects] };
    }
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
        result: message,
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

/** A CALL of which more than the id could be read is refused, or forwarded, as any other. */
function onUnfitCall(session: Session, call: Call, now: number): Step {
  if (call.messageId.length <= MESSAGE_ID_MAX_LENGTH) return onCall(session, call, now);
  const { kind, description } = call.unfit ?? internal("");
  return { session, effects: [refused(session, call, { kind, description, path: "" })] };
}

function onCall(session: Session, call: Call, now: number): Step {
  // Under the id of a CALL that is open the earlier answer would pass for that one's.
  const repeated = isOpen(session, call.messageId) ? null : repeatedAnswer(session.lastAnswered, call, now);
  if (repeated !== null) return { session, effects: [{ kind: "send", frame: repeated }] };
  if (isRepeatedWhileOpen(session, call)) return { session, effects: [] };

  const { fault, deviations } = examine(session, call);
  const isFull = session.inbox.length >= INBOX_MAX;
  // A refusal under the id of a CALL that is open would pass for that one's answer.
  if ((fault !== null || isFull) && isOpen(session, call.messageId)) return { session, effects: [] };
  if (fault !== null) return { session, effects: [refused(session, call, fault)] };
  const checked: CheckedCall = { ...call, deviations, receivedAt: now };
  if (session.asking === null || isAtOnce(session, call)) return take(session, checked, now);
  if (isFull) {
    const description = `more than ${INBOX_MAX} CALLs wait for an answer`;
    return { session, effects: [refused(session, call, internal(description))] };
  }
  return { session: { ...session, inbox: [...session.inbox, checked] }, effects: [] };
}

/** It makes no event that could come out of its order, and a station that has no answer to it takes its line for dead. */
const isAtOnce = (session: Session, { action, messageId }: Call): boolean =>
  action === "Heartbeat" && !isBootAhead(session) && !isOpen(session, messageId);

/** [OCPP 2.1 P4 §4.2.5] Kept if it is one of the version's; never answered, whatever is wrong with it. */
function onSend(session: Session, call: Call): Step {
  if (call.action !== SEND_ACTION) return dropped(session, call, `${call.action.slice(0, 60)} is not sent by SEND`);
  const { fault, deviations } = checkReceived(session.protocol, call, session.strictness);
  if (fault !== null) return dropped(session, call, fault.description);
  const checked: CheckedCall = { ...call, deviations };
  if (!isBootAhead(session)) return keep(session, checked);
  if (session.inbox.length >= INBOX_MAX) return dropped(session, call, `more than ${INBOX_MAX} messages wait`);
  return { session: { ...session, inbox: [...session.inbox, { ...checked, isSend: true }] }, effects: [] };
}

function keep(session: Session, call: CheckedCall): Step {
  const { protocol, registrationStatus } = session;
  if (isTooEarly(protocol, registrationStatus)) {
    return dropped(session, call, `the station's boot is ${registrationStatus}`);
  }
  return { session, effects: [{ kind: "keep", call }] };
}

const dropped = (session: Session, { messageId }: Call, reason: string): Step => ({
  session,
  effects: [{ kind: "malformed", reason, messageId }],
});

/** The action, the time and the payload, in that order: what cannot be meant is not looked into. */
function examine(session: Session, call: Call): PayloadCheck {
  const { protocol, strictness, registrationStatus, invited } = session;
  const status = session.asking === null ? registrationStatus : "unknown";
  const refusal = callRefusal(protocol, call.action, status, invited);
  if (refusal !== null) return { fault: { ...refusal, path: "" }, deviations: [] };
  return checkReceived(protocol, call, strictness);
}

/**
 * A message whose turn has come. [2.x B02.FR.09, B03.FR.07] Only now is it known what the boot before it came to: stations send
 * a StatusNotification right behind it.
 */
function take(session: Session, { isSend, ...call }: WaitingCall, now: number): Step {
  if (isSend) return keep(session, call);
  const { protocol, registrationStatus, invited } = session;
  const refusal = callRefusal(protocol, call.action, registrationStatus, invited);
  if (refusal === null) return answer(session, call, now);
  return { session, effects: [refused(session, call, { ...refusal, path: "" })] };
}

function answer(session: Session, call: CheckedCall, now: number): Step {
  if (answeredBy(call.action, call.payload) === "csms" && !isFaultyEnd(call)) {
    return { session: { ...session, asking: call }, effects: [{ kind: "ask", call }] };
  }
  return acknowledge(session, call, { payload: edgeAnswer(call.action, now) }, "edge", now);
}

/** The end of a transaction is a fact, in which nothing is decided; of a faulty one nobody is asked. */
const isFaultyEnd = ({ action, deviations }: CheckedCall): boolean =>
  action === "StopTransaction" && deviations.some(({ kind }) => kind === "forwarded");

function onAnswer(session: Session, input: Input & { kind: "answer" }, settings: SessionSettings, now: number): Step {
  const { call } = input;
  // An answer from before a restart of the conversation must not pass for one to a newer CALL, be it under the same id.
  if (session.asking === null || !isSameCall(session.asking, call)) return { session, effects: [] };
  const rested: Session = { ...session, asking: null };
  let step = decide(rested, { ...input, answer: sendable(session.protocol, input.answer) }, settings, now);
  while (step.session.asking === null && step.session.inbox.length > 0) {
    const [next, ...inbox] = step.session.inbox as [WaitingCall, ...WaitingCall[]];
    const following = take({ ...step.session, inbox }, next, now);
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
  // What is kept of it is what the station gets.
  if (legal !== null) return { error: { code: legal, description: cutDescription(description), details } };
  return { error: { code: "GenericError", description: cutDescription(`${code}: ${description}`), details } };
}

function decide(
  session: Session,
  { call, answer: given, answeredBy: by }: Input & { kind: "answer" },
  settings: SessionSettings,
  now: number,
): Step {
  // [1.6 §4.8, 2.x E04] What has happened cannot be refused: a station drops it after some attempts, and it is lost.
  if (hasHappened(call.action, call.payload) && (given === null || "error" in given)) {
    return acknowledge(session, call, { payload: {} }, "edge", now);
  }
  if (given !== null) return acknowledge(session, call, given, by, now);
  if (call.action === "BootNotification") {
    const payload = bootAnswer("Pending", settings.bootRetrySeconds, now);
    return acknowledge(session, call, { payload }, "edge", now);
  }
  return { session, effects: [refused(session, call, internal("the CSMS did not answer; try again"))] };
}

function acknowledge(session: Session, call: CheckedCall, given: Answer, by: AnsweredBy, now: number): Step {
  const { messageId } = call;
  const frame =
    "payload" in given
      ? encode({ type: "callResult", messageId, payload: given.payload })
      : encode({ type: "callError", messageId, ...given.error });
  const effects: Effect[] = [{ kind: "acknowledge", call, answer: given, answeredBy: by, frame }];
  const next: Session = { ...session };
  if (call.action === "BootNotification" && "payload" in given) {
    next.registrationStatus = given.payload.status as Session["registrationStatus"];
    // [2.x B03.FR.07] What was asked for while Pending is not welcome once Rejected.
    if (next.registrationStatus !== "Pending") next.invited = [];
  } else if ("payload" in given && call.action !== "Heartbeat") {
    // [1.6 §3.7.1, 2.x E13] What is repeated after a CALLERROR is another attempt.
    next.lastAnswered = rememberAnswer(call, frame, now) ?? next.lastAnswered;
  }
  return { session: next, effects };
}

/** Frees the line. Matched by messageId, never by position: an answer may come after its deadline. */
function settle(session: Session, messageId: string, effect: Effect): Step {
  if (session.openCall?.messageId !== messageId) return { session, effects: [effect] };
  const effects: Effect[] = session.openCall.probe === true ? [{ kind: "free" }] : [effect];
  return { session: { ...session, openCall: null }, effects };
}

function onCommand(session: Session, command: Input & { kind: "command" }, now: number): Step {
  const { messageId, action, payload, timeoutMs, probe } = command;
  const invited = [...new Set([...session.invited, ...invitedBy(action, payload)])].slice(-INVITED_MAX);
  return {
    session: {
      ...session,
      invited,
      openCall: { messageId, deadline: now + timeoutMs, timeoutMs, ...(probe && { probe }) },
    },
    effects: [{ kind: "send", frame: encode({ type: "call", messageId, action, payload }) }],
  };
}
