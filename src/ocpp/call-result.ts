/**
 * What a station's CALLRESULT is worth to the command it answers. Must not know commands, nor who waits for one.
 */
import { errorCode } from "./error-codes.ts";
import { type CallResult, encode, isPayload } from "./message.ts";
import { checkPayload, skippedAround } from "./payload-check.ts";
import type { Protocol } from "./protocol.ts";
import type { Outcome } from "./session.ts";
import type { Strictness } from "./strictness.ts";

/** What a CALLRESULT means for the command it answers: a bad one is an error of the edge that shows what was received. */
export function judgeResult(
  protocol: Protocol,
  strictness: Strictness,
  action: string,
  { payload, unfit, skipped }: Pick<CallResult, "payload" | "unfit" | "skipped">,
): Outcome {
  // [OCPP-J 1.6 §4.2.2] A CALLRESULT without fields may carry null in place of {}.
  const given = payload ?? {};
  const { fault, deviations } =
    unfit === undefined
      ? checkPayload(protocol, action, "response", given, strictness)
      : { fault: unfit, deviations: [] };
  if (fault === null && isPayload(given)) {
    const marked = [...skippedAround(skipped), ...deviations];
    return { state: "result", payload: given, ...(marked.length > 0 && { deviations: marked }) };
  }
  const code = errorCode(protocol, fault?.kind ?? "format");
  const description = fault?.description ?? "/: not an object";
  return { state: "error", error: { code, description, details: { received: payload }, origin: "edge" } };
}

/** [OCPP 2.1 P4 §4.2.4] What a station hears of a CALLRESULT that could not be used; `null` in the versions before. */
export function encodeResultFault(protocol: Protocol, messageId: string, outcome: Outcome): string | null {
  if (protocol !== "ocpp2.1" || outcome.state !== "error") return null;
  const { code, description } = outcome.error;
  return encode({ type: "callResultError", messageId, code, description, details: {} });
}
