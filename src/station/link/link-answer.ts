/**
 * What the CSMS's CALLRESULT or CALLERROR is worth to the station, and what it is told of its own CALLs. Must not know sockets.
 */
import { log } from "../../log.ts";
import { encodeResultFault, judgeResult } from "../../ocpp/call-result.ts";
import { errorCode, type FaultKind } from "../../ocpp/error-codes.ts";
import type { LinkQuestion } from "../../ocpp/link.ts";
import { type CallError, type CallResult, encode, encodeFault, isPayload } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Answer } from "../../ocpp/session.ts";
import type { Command } from "../command/command-row.ts";
import type { CommandRefusal } from "../station-rpc.ts";

/** `answer: null`: it is none that a station could use. `complaint`: what the CSMS hears of that, where its version has a word for it. */
export function answerOf(
  stationId: string,
  { call, protocol }: LinkQuestion,
  message: CallResult | CallError,
): { answer: Answer | null; complaint: string | null } {
  if (message.type !== "callResult") {
    const { code, description, details } = message;
    return { answer: { error: { code, description, details } }, complaint: null };
  }
  const outcome = judgeResult(protocol, "strict", call.action, message);
  if (outcome.state === "result") return { answer: { payload: outcome.payload }, complaint: null };
  const fault = outcome.state === "error" ? outcome.error.description : "";
  const reason = `the payload is no ${call.action} response: ${fault}`;
  log("warn", "the CSMS gave no answer", { stationId, messageId: call.messageId, action: call.action, reason });
  return { answer: null, complaint: encodeResultFault(protocol, message.messageId, outcome) };
}

/**
 * [OCPP-J 1.6 §4.2.3, 2.x P4 §4.3] What a CSMS says that fails by itself, or [1.6 errata 3.10, 2.x B02.FR.09] waits for a boot that it
 * knows of; any other code says that it wants no such CALL.
 */
const TROUBLES = ["InternalError", "GenericError", "SecurityError"];

/** Whether it may take the same CALL later. */
export const isTrouble = (message: CallResult | CallError): message is CallError =>
  message.type !== "callResult" && TROUBLES.includes(message.code);

/** What becomes of a command that the CSMS's link asked for, as a frame under its id; `null`: nobody knows, and nothing is said. */
export function commandAnswer(
  protocol: Protocol,
  { linkMessageId: messageId, state, outcome }: Command,
): string | null {
  if (messageId === undefined) return null;
  switch (state) {
    case "result":
      return outcome?.state === "result" ? encode({ type: "callResult", messageId, payload: outcome.payload }) : null;
    case "error": {
      if (outcome?.state !== "error") return null;
      const { code, description, details, origin } = outcome.error;
      const { received } = details;
      // The station did answer, in a form that Kerbside finds fault with: the CSMS is to see it.
      if (origin === "edge" && isPayload(received)) return encode({ type: "callResult", messageId, payload: received });
      return encode({ type: "callError", messageId, code, description, details: origin === "edge" ? {} : details });
    }
    case "cancelled":
    case "expired":
      return encodeFault(protocol, messageId, "internal", `the command was not sent: it is ${state}`);
    case "queued":
    case "sent":
    case "timeout":
      return null;
  }
}

/** The CALLERROR of the version for a CALL that is taken for no command. */
export function refusalOf(
  protocol: Protocol,
  messageId: string,
  refusal: CommandRefusal,
  kind: FaultKind | null,
): string {
  switch (refusal.kind) {
    case "station-offline":
      return encodeFault(protocol, messageId, "internal", "the station is offline");
    case "queue-full":
      return encodeFault(protocol, messageId, "internal", `more than ${refusal.bound} wait for the station`);
    case "not-accepted":
      return encodeFault(protocol, messageId, "security", refusal.detail);
    case "idempotency-conflict":
      return encodeFault(protocol, messageId, "internal", "the CALL was taken before");
    case "invalid": {
      const [fault] = refusal.faults;
      const description = fault === undefined ? "" : `${fault.path.replace(/^\/payload/, "") || "/"}: ${fault.message}`;
      const code = errorCode(protocol, kind ?? "format");
      return encode({ type: "callError", messageId, code, description, details: {} });
    }
  }
}
