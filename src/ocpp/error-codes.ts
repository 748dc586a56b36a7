/**
 * What can be wrong with a peer's message, and the CALLERROR code each version has for it. Must not know how a fault was found.
 */
import type { Protocol } from "./protocol.ts";

/** A fault in OCPP's own terms, before a version has named it. */
export type FaultKind =
  | "rpc-framework" // the frame is no RPC message: not JSON, not an array, no usable messageId
  | "message-type" // a message type number the version does not have
  | "format" // the payload is no object, or has properties that do not belong
  | "occurrence"
  | "type"
  | "property"
  | "not-implemented" // no such action in the version
  | "not-supported" // the action exists, but not in this direction or not here
  | "security"
  | "internal";

/** [OCPP-J 1.6 §4.2.3] `Occurence` is the standard's own spelling; 1.6 knows no code for the frame itself. */
const OCPP16: Record<FaultKind, string> = {
  "rpc-framework": "FormationViolation",
  "message-type": "ProtocolError",
  format: "FormationViolation",
  occurrence: "OccurenceConstraintViolation",
  type: "TypeConstraintViolation",
  property: "PropertyConstraintViolation",
  "not-implemented": "NotImplemented",
  "not-supported": "NotSupported",
  security: "SecurityError",
  internal: "InternalError",
};

/** [OCPP 2.x P4 §4.3] */
const OCPP2X: Record<FaultKind, string> = {
  ...OCPP16,
  "rpc-framework": "RpcFrameworkError",
  "message-type": "MessageTypeNotSupported",
  format: "FormatViolation",
  occurrence: "OccurrenceConstraintViolation",
};

export function errorCode(protocol: Protocol, fault: FaultKind): string {
  return (protocol === "ocpp1.6" ? OCPP16 : OCPP2X)[fault];
}
