/**
 * Is what the edge sent legal OCPP-J of its version? Judged from the standard alone; must not know what was asked.
 */
import type { Protocol } from "../../src/ocpp/protocol.ts";

const CODES_16 =
  "NotImplemented NotSupported InternalError ProtocolError SecurityError FormationViolation " +
  "PropertyConstraintViolation OccurenceConstraintViolation TypeConstraintViolation GenericError";
const CODES_2X =
  "FormatViolation GenericError InternalError MessageTypeNotSupported NotImplemented NotSupported " +
  "OccurrenceConstraintViolation PropertyConstraintViolation ProtocolError RpcFrameworkError SecurityError " +
  "TypeConstraintViolation";

const codes = (protocol: Protocol): string[] => (protocol === "ocpp1.6" ? CODES_16 : CODES_2X).split(" ");
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is illegal about a frame; `null`: nothing. */
export function illegality(protocol: Protocol, text: string): string | null {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  if (!Array.isArray(frame)) return "not an array";
  const [type, messageId, ...rest] = frame as unknown[];
  if (typeof messageId !== "string" || messageId.length > 255) return "no usable messageId";
  if (type === 3) return rest.length === 1 && isObject(rest[0]) ? null : "a CALLRESULT of another shape";
  if (type !== 4 && !(type === 5 && protocol === "ocpp2.1")) return `message type ${JSON.stringify(type)}`;
  const [code, description, details] = rest;
  if (rest.length !== 3 || !isObject(details)) return "a CALLERROR of another shape";
  if (typeof description !== "string" || description.length > 255) return "an errorDescription that is too long";
  return codes(protocol).includes(code as string) ? null : `error code ${JSON.stringify(code)}`;
}
