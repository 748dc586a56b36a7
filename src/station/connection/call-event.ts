/**
 * What the log keeps of a station's CALL and its answer. Must not know the log.
 */
import type { CallData } from "../../delivery/event.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Answer, AnsweredBy, CheckedCall } from "../../ocpp/session.ts";

export function callData(
  protocol: Protocol,
  call: CheckedCall,
  answer: Answer | null,
  answeredBy: AnsweredBy,
  now: number,
): CallData {
  const { messageId, action, payload, deviations, receivedAt } = call;
  const said = answer === null || "error" in answer ? answer : answer.payload;
  const marks = deviations.length > 0 && { deviations };
  // The clock may have been set back.
  const latencyMs = receivedAt === undefined ? 0 : Math.max(0, now - receivedAt);
  return {
    protocol,
    messageId,
    action,
    payload,
    answer: said,
    answeredBy,
    ...marks,
    ...(latencyMs > 0 && { latencyMs }),
  };
}
