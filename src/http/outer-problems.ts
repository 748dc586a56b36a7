/**
 * The kinds of problems that are answered around the API's handlers. Must not know when one is answered.
 */
import { kind, type ProblemKind } from "./problem-kind.ts";

/** What is answered around the handlers: to stations that connect, and by the listeners of the local edge. */
export const OUTER_PROBLEMS: readonly ProblemKind[] = [
  kind(
    403,
    "forbidden",
    "Forbidden",
    "This connection is not allowed: its certificate or its security profile will not do. The log has the reason.",
    "Look for the station's refusals in the log or its ocpp.security events.",
  ),
  kind(
    400,
    "bad-request",
    "Bad Request",
    "What came is no HTTP request that could be read one way only.",
    "Send one request of RFC 9112, with one Host and a path.",
  ),
  kind(
    403,
    "foreign-origin",
    "Forbidden",
    "A web page of another origin asked the local edge.",
    "Open the page from the edge itself, or ask without an Origin.",
  ),
  kind(
    408,
    "request-timeout",
    "Request Timeout",
    "The request did not come whole within 10 s.",
    "Send it at once; a slow line may need a shorter body.",
  ),
  kind(
    417,
    "expectation-failed",
    "Expectation Failed",
    "The header Expect asks for what nobody does here.",
    "Leave it out, or say 100-continue.",
  ),
  kind(
    429,
    "too-many-requests",
    "Too Many Requests",
    "Too many requests of one connection to the local edge wait for their answers.",
    "Wait for some answers before you send more, or open another connection.",
  ),
  kind(
    431,
    "headers-too-large",
    "Request Header Fields Too Large",
    "The request's headers are larger than any that is needed.",
    "Send fewer or shorter ones.",
  ),
  kind(
    501,
    "not-implemented",
    "Not Implemented",
    "No request has this method here.",
    "Use a method that /openapi.json names.",
  ),
];
