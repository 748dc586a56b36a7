/**
 * What a station's CALLRESULT is worth to the command it answers. Must not know commands, nor who waits for one.
 */
import { errorCode } from "./error-codes.ts";
import { encode, isPayload } from "./message.ts";
import { checkPayload, type Strictness } from "./payload-check.ts";
import type { Protocol } from "./protocol.ts";
import type { Outcome } from "./session.ts";

/** What a CALLRESULT means for the command it answers: a bad one is an error that shows what was received. */
export function judgeResult(protocol: Protocol, strictness: Strictness, action: string, payload: unknown): Outcome {
  const { fault, deviations } = checkPayload(protocol, action, "response", payload, strictness);
  if (fault === null && isPayload(payload)) {
    return { state: "result", payload, ...(deviations.length > 0 && { deviations }) };
  }
  const code = errorCode(protocol, fault?.kind ?? "format");
  const description = fault?.description ?? "/: not an object";
  return { state: "error", error: { code, description, details: { received: payload } } };
}

/** [OCPP 2.1 P4 §4.2.4] What a station hears of a CALLRESULT that could not be used; `null` in the versions before. */
export function encodeResultFault(protocol: Protocol, messageId: string, outcome: Outcome): string | null {
  if (protocol !== "ocpp2.1" || outcome.state !== "error") return null;
  const { code, description } = outcome.error;
  return encode({ type: "callResultError", messageId, code, description, details: {} });
}
