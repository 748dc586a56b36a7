/**
 * Who decides on a station's CALL: the CSMS where there is one, the built-in answers where there is none.
 * Must not know how the answer is kept or sent.
 */
import { log, messageOf } from "../../log.ts";
import { hasHappened } from "../../ocpp/actions.ts";
import { standaloneAnswer } from "../../ocpp/built-in-answers.ts";
import { errorCode } from "../../ocpp/error-codes.ts";
import { withIntervalCeiling } from "../../ocpp/heartbeat-interval.ts";
import type { Call } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Answer, AnsweredBy } from "../../ocpp/session.ts";
import type { StationContext } from "../object/context.ts";
import { askCsms, hasCsms } from "./csms.ts";

export interface Decision {
  /** `null`: the CSMS did not answer. */
  answer: Answer | null;
  answeredBy: AnsweredBy;
}

/** Without a CSMS the answer is there at once. */
export async function answerOf(context: StationContext, protocol: Protocol, call: Call): Promise<Decision> {
  return withCeiling(context, call, await decide(context, protocol, call));
}

/** [interface.md §2] Whoever decided, the registration may lower the interval that a boot is told. */
export function withCeiling(context: StationContext, call: Call, decision: Decision): Decision {
  if (call.action !== "BootNotification" || decision.answer === null) return decision;
  const ceiling = context.store.fact("registration")?.heartbeatIntervalSeconds;
  return { ...decision, answer: withIntervalCeiling(decision.answer, ceiling) };
}

async function decide(context: StationContext, protocol: Protocol, call: Call): Promise<Decision> {
  const { id, env, config, eventLog, now } = context;
  const csms = context.store.fact("registration")?.csms;
  if (csms === "http" && !hasCsms(env, config)) return { answer: null, answeredBy: "csms" };
  if (csms !== "standalone" && hasCsms(env, config)) {
    const answer = await askCsms(env, config, id, protocol, call);
    if (answer !== null && "error" in answer && hasHappened(call.action, call.payload)) {
      const { messageId, action } = call;
      const reason = messageOf(`${answer.error.code}: ${answer.error.description}`);
      log("warn", "the CSMS refused what has happened already", { stationId: id, messageId, action, reason });
    }
    return { answer, answeredBy: "csms" };
  }
  const payload = standaloneAnswer(protocol, call.action, call.payload, {
    authorization: config.STANDALONE_AUTHORIZATION,
    heartbeatIntervalSeconds: config.HEARTBEAT_INTERVAL_SECONDS,
    now: now(),
    // The number of the event that will keep this CALL: no other StartTransaction of the station has it.
    transactionId: eventLog.head + 1,
  });
  if (payload !== null) return { answer: { payload }, answeredBy: "edge" };
  const description = `${call.action} needs a CSMS, and none is configured`;
  const error = { code: errorCode(protocol, "not-supported"), description, details: {} };
  return { answer: { error }, answeredBy: "edge" };
}
