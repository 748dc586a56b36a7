/**
 * Every kind of problem that this service answers, with what it means and what to do about it: told at /problems/{slug} and in the
 * description of the API. Must not know when one is answered.
 */

import { OPERATION_PROBLEMS } from "./operation-problems.ts";
import { OUTER_PROBLEMS } from "./outer-problems.ts";
import { kind, type ProblemKind } from "./problem-kind.ts";

/** What the API's own handlers answer. */
export const API_PROBLEMS = {
  ...OPERATION_PROBLEMS,
  malformedJson: kind(
    400,
    "malformed-json",
    "Bad Request",
    "The body is not JSON, or not UTF-8.",
    "Send one JSON value in UTF-8; the detail says what could not be read.",
  ),
  noSubprotocol: kind(
    400,
    "no-common-subprotocol",
    "Bad Request",
    "None of the WebSocket subprotocols that were offered is accepted here.",
    "Offer the subprotocol that the detail names in Sec-WebSocket-Protocol; a station: one that its registration allows.",
  ),
  illegalIdentity: kind(
    400,
    "illegal-identity",
    "Bad Request",
    "The path does not name a legal Charging Station identity.",
    "Take 1 to 48 of A-Z a-z 0-9 * - _ = + | @ . and inner spaces, percent-encoded once.",
  ),
  unauthorized: kind(
    401,
    "unauthorized",
    "Unauthorized",
    "There is no valid API key; or, for a station, no valid user and password.",
    "Send Authorization: Bearer with a key of API_KEYS; a station: Basic with its identity and password.",
  ),
  forbidden: kind(
    403,
    "missing-scope",
    "Forbidden",
    "The API key is valid, and lacks the scope that this takes.",
    "Use a key with the scope that the detail names, or add it to the key in API_KEYS.",
  ),
  boundKey: kind(
    403,
    "bound-key",
    "Forbidden",
    "The API key is bound to a part of the fleet, and this is about the fleet as a whole.",
    "Use a key that is not bound.",
  ),
  crossSite: kind(
    403,
    "cross-site",
    "Forbidden",
    "Cloudflare Access says who asks, and the request changes something, or opens a socket, and does not come from a page of this origin.",
    "Ask from the console itself; a program sends an API key, or Origin with this origin.",
  ),
  httpsRequired: kind(
    403,
    "https-required",
    "Forbidden",
    "The API was asked over http: a key or a password must not travel in the clear.",
    "Use https; and replace the key, since it was sent unprotected.",
  ),
  notFound: kind(
    404,
    "not-found",
    "Not Found",
    "Nothing answers at this path.",
    "Compare it with the paths in /openapi.json.",
  ),
  stationNotFound: kind(
    404,
    "station-not-found",
    "Not Found",
    "No Charging Station is registered under this identity, or none that this key may see.",
    "Register it by PUT /v1/stations/{id}; identities are case-sensitive.",
  ),
  methodNotAllowed: kind(
    405,
    "method-not-allowed",
    "Method Not Allowed",
    "The path is there, and does not answer this method.",
    "Use one of those that the header Allow names.",
  ),
  commandNotFound: kind(
    404,
    "command-not-found",
    "Not Found",
    "The station has no such command; ended ones are kept for a bounded time.",
    "Take the commandId that the command was answered with, of this very station.",
  ),
  crlNotFound: kind(
    404,
    "crl-not-found",
    "Not Found",
    "No list of this CA is kept.",
    "GET /v1/crls lists those there are; the path has the CA's key identifier in hex.",
  ),
  revocationNotFound: kind(
    404,
    "revocation-not-found",
    "Not Found",
    "No backend has revoked this certificate.",
    "GET /v1/revocations lists those there are; what the list of a CA names is that CA's to take off.",
  ),
  revokedForGood: kind(
    409,
    "revoked-for-good",
    "Conflict",
    "The certificate was revoked for a reason that does not end: none but certificateHold does.",
    "Have a new certificate issued.",
  ),
  webhookNotFound: kind(
    404,
    "webhook-not-found",
    "Not Found",
    "There is no webhook of this name.",
    "GET /v1/webhooks lists those there are.",
  ),
  campaignNotFound: kind(
    404,
    "campaign-not-found",
    "Not Found",
    "There is no such campaign, or none that this key may see; ended ones are kept for 90 days.",
    "GET /v1/campaigns lists those there are.",
  ),
  campaignEnded: kind(
    409,
    "campaign-ended",
    "Conflict",
    "The campaign has ended, or is being cancelled: it cannot be changed any more.",
    "GET the campaign for how it stands; what is to be sent again is a new campaign.",
  ),
  stationOffline: kind(
    409,
    "station-offline",
    "Conflict",
    "The station is not connected, and the command may not wait for it.",
    "Ask again with expiresInSeconds: then it waits for the station, and is sent when it returns.",
  ),
  stationNotAccepted: kind(
    409,
    "station-not-accepted",
    "Conflict",
    "The station's boot is not accepted, and its version allows this command only then.",
    "Accept its BootNotification first, or let the command wait with expiresInSeconds.",
  ),
  idempotencyConflict: kind(
    409,
    "idempotency-conflict",
    "Conflict",
    "This Idempotency-Key was used with another body within 24 hours.",
    "Take a new key for what is another command; the same key for what is the same.",
  ),
  notQueued: kind(
    409,
    "command-not-queued",
    "Conflict",
    "The command was sent already, or has ended: only a queued one can be cancelled.",
    "GET the command for what became of it.",
  ),
  tooManyWebhooks: kind(
    409,
    "too-many-webhooks",
    "Conflict",
    "The fleet has as many webhooks as it may have.",
    "DELETE one that is not used any more.",
  ),
  bodyTooLarge: kind(
    413,
    "body-too-large",
    "Content Too Large",
    "The body has more bytes than any request needs.",
    "Send less; the detail names the bound.",
  ),
  unsupportedEncoding: kind(
    415,
    "unsupported-content-encoding",
    "Unsupported Media Type",
    "The body is compressed.",
    "Send it as it is, without a Content-Encoding.",
  ),
  invalid: kind(
    422,
    "invalid-request",
    "Unprocessable Content",
    "The request was read, and is not what is asked for here.",
    "Each of errors has the path of a fault and what is wrong there; what is unknown is refused too.",
  ),
  tooManyAttempts: kind(
    429,
    "too-many-attempts",
    "Too Many Requests",
    "There were too many attempts: to connect, or with a wrong key or password.",
    "Wait as long as Retry-After says, and look why they failed.",
  ),
  upgradeRequired: kind(
    426,
    "upgrade-required",
    "Upgrade Required",
    "This address takes WebSockets alone.",
    "Ask for an upgrade: Connection: Upgrade and Upgrade: websocket.",
  ),
  tooManyObservers: kind(
    429,
    "too-many-observers",
    "Too Many Requests",
    "As many observers watch the station as may at once.",
    "Close one, or come back after Retry-After.",
  ),
  queueFull: kind(
    429,
    "queue-full",
    "Too Many Requests",
    "As many commands as may wait for this station do so already.",
    "Wait as long as Retry-After says, or cancel some.",
  ),
  internal: kind(
    500,
    "internal-error",
    "Internal Server Error",
    "The request could not be handled. The cause is in the log, under its X-Request-Id.",
    "Try again once; if it stays so, look into the log.",
  ),
  unavailable: kind(
    503,
    "unavailable",
    "Service Unavailable",
    "A part that this needs cannot be reached now. Nothing was decided.",
    "Wait as long as Retry-After says, and ask again.",
  ),
} as const;

/** By slug. */
export const PROBLEM_KINDS: ReadonlyMap<string, ProblemKind> = new Map(
  [...Object.values(API_PROBLEMS), ...OUTER_PROBLEMS].map((each) => [each.slug, each]),
);
