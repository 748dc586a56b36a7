/**
 * What a command comes to that neither the station nor its time ended. Must not know how commands are kept.
 */
import type { CommandFault } from "../../ocpp/payload-check.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Outcome } from "../../ocpp/session.ts";

/** What is said where the row of an answer was not written: the station did answer, and that is all that is known. */
export const UNKEPT: Outcome = {
  state: "error",
  error: {
    code: "InternalError",
    description: "The station answered, but its answer could not be kept.",
    details: {},
    origin: "edge",
  },
};

/** A queued one whose turn came in another version. */
export function unsendable(protocol: Protocol, faults: readonly CommandFault[]): Outcome {
  const description = `not sent: the station now speaks ${protocol}, in which the command is not valid`;
  return { state: "error", error: { code: "FormationViolation", description, details: { faults }, origin: "edge" } };
}
