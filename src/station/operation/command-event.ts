/**
 * What the end of a command is to the operation that is under way. Must not know what comes of it.
 */
import type { OperationEvent } from "../../security/operation/advance.ts";
import type { Operation } from "../../security/operation/operation.ts";
import { isCertificateBrought, isCertificateTaken } from "../certificate/certificate-taken.ts";
import type { Command } from "../command/command-row.ts";

/** Characters of what a station says that a step repeats. */
const REASON_MAX_LENGTH = 300;

/** `null`: nothing, or it has not ended. */
export function commandEvent(command: Command, operation: Operation | undefined): OperationEvent | null {
  if (operation === undefined) return null;
  if (command.id === operation.command || command.id === operation.unanswered) return ownEvent(command);
  if (!isCertificateBrought(command)) return null;
  return isCertificateTaken(command) ? { kind: "certificate" } : notTaken(command);
}

/** It goes on waiting for another one, and says why. */
function notTaken(command: Command): OperationEvent | null {
  const event = ownEvent(command);
  switch (event?.kind) {
    case "answered":
      return { kind: "no-certificate", reason: `the station said ${String(event.answer.status)} to CertificateSigned` };
    case "refused":
    case "unknown":
      return { kind: "no-certificate", reason: `CertificateSigned: ${event.reason}` };
    default:
      return null;
  }
}

function ownEvent({ id, state, outcome }: Command): OperationEvent | null {
  switch (state) {
    case "queued":
    case "sent":
      return null;
    case "result":
      return outcome?.state === "result" ? { kind: "answered", command: id, answer: outcome.payload } : null;
    case "error": {
      const { code = "", description = "", origin = "station" } = outcome?.state === "error" ? outcome.error : {};
      const reason = `${code}: ${description}`.slice(0, REASON_MAX_LENGTH).toWellFormed();
      // Of an answer that cannot be used nobody knows what the station did.
      return { kind: origin === "station" ? "refused" : "unknown", command: id, reason };
    }
    case "timeout":
      return { kind: "unknown", command: id, reason: "the station did not answer" };
    case "expired":
      return { kind: "unsent", command: id, isCancelled: false };
    case "cancelled":
      return { kind: "unsent", command: id, isCancelled: outcome === null };
  }
}
