/**
 * What a station, or who asked it, is told of a message that could not be used. Must not know how that was found.
 */
import { errorCode } from "./error-codes.ts";
import { type Call, type CallError, cutDescription, encodeFault } from "./message.ts";
import type { PayloadFault } from "./payload-check.ts";
import type { Protocol } from "./protocol.ts";
import type { Effect, OutcomeError } from "./session-state.ts";

export function refused({ protocol }: { protocol: Protocol }, call: Call, fault: PayloadFault): Effect {
  const { messageId, action } = call;
  const payload = call.received === undefined ? call.payload : call.received;
  const description = cutDescription(fault.description);
  const code = errorCode(protocol, fault.kind);
  return {
    kind: "refuse",
    refused: { messageId, action, payload, code, description, path: fault.path },
    frame: encodeFault(protocol, messageId, fault.kind, description),
  };
}

export const internal = (description: string): PayloadFault => ({ kind: "internal", description, path: "" });

/** An error that could not be read as a whole is the edge's word, not the station's. */
export const errorOf = ({ code, description, details, unfit }: CallError): OutcomeError => ({
  code,
  description,
  details,
  origin: unfit === undefined ? "station" : "edge",
});
