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

/** The codes that one version spells in its own way. */
const SPELLINGS: readonly (readonly [ocpp16: string, ocpp2x: string])[] = [
  ["FormationViolation", "FormatViolation"],
  ["OccurenceConstraintViolation", "OccurrenceConstraintViolation"],
];
const COMMON = ["GenericError", "ProtocolError"];
const LEGAL_16 = new Set([...Object.values(OCPP16), ...COMMON]);
const LEGAL_2X = new Set([...Object.values(OCPP2X), ...COMMON]);

/** The code of the version for what a CSMS calls it; `null`: the version has none of that name. */
export function legalCode(protocol: Protocol, code: string): string | null {
  const [from, to] = protocol === "ocpp1.6" ? [1, 0] : [0, 1];
  const spelled = SPELLINGS.find((spelling) => spelling[from] === code)?.[to] ?? code;
  return (protocol === "ocpp1.6" ? LEGAL_16 : LEGAL_2X).has(spelled) ? spelled : null;
}
