/**
 * /v1/stations: registration, view, disconnection, the CSMS's own socket. Must not know how a station's object keeps them.
 */
import * as z from "zod";
import { CSMS_KINDS } from "../../ocpp/csms-kind.ts";
import { PROTOCOLS } from "../../ocpp/protocol.ts";
import { STRICTNESSES } from "../../ocpp/strictness.ts";
import { PASSWORD_MAX_BYTES, PASSWORD_MIN_BYTES } from "../../security/password.ts";
import { LINK_PROTOCOL } from "../../ocpp/link-protocol.ts";
import { LABEL_NAME, LABEL_NAME_RULE } from "./label-name.ts";
import { fingerprintFrom } from "./query-values.ts";
import type { Routes } from "./route.ts";

/** Durable Objects location hints, as the platform names them. */
const LOCATION_HINTS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;

/** Characters of a name, or a label's value: a transition with all of them must fit the queue's 128 KB. */
const TEXT_MAX_LENGTH = 255;
/** Labels of one station, for the same reason. */
const LABELS_MAX = 32;
/** Certificates that one station may have at once: the old one, the new one, and some to come. */
const FINGERPRINTS_MAX = 16;
/** [interface.md §2] Less would be a message every few seconds from each station; a day is the longest that is reckoned with. */
const HEARTBEAT_MIN_SECONDS = 10;
const HEARTBEAT_MAX_SECONDS = 86_400;

const password = z.string().refine(
  (text) => {
    const { length } = new TextEncoder().encode(text);
    return text === "generate" || (length >= PASSWORD_MIN_BYTES && length <= PASSWORD_MAX_BYTES);
  },
  { error: `${PASSWORD_MIN_BYTES} to ${PASSWORD_MAX_BYTES} bytes, or "generate"` },
);

const fingerprint = fingerprintFrom(z.string());

const labels = z
  .record(z.string().regex(LABEL_NAME, LABEL_NAME_RULE), z.string().max(TEXT_MAX_LENGTH))
  .refine((record) => Object.keys(record).length <= LABELS_MAX, { error: `at most ${LABELS_MAX} labels` });

const registration = z.strictObject({
  securityProfile: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  password: password.exactOptional(),
  passwordOverlap: z.boolean().exactOptional(),
  certificate: z
    .strictObject({
      commonName: z.string().min(1).max(TEXT_MAX_LENGTH).exactOptional(),
      organization: z.string().min(1).max(TEXT_MAX_LENGTH).exactOptional(),
      fingerprints: z.array(fingerprint).min(1).max(FINGERPRINTS_MAX).exactOptional(),
    })
    .exactOptional(),
  protocols: z.array(z.enum(PROTOCOLS)).max(PROTOCOLS.length).default([]),
  assumeProtocol: z.boolean().default(false),
  heartbeatIntervalSeconds: z.int().min(HEARTBEAT_MIN_SECONDS).max(HEARTBEAT_MAX_SECONDS).exactOptional(),
  validation: z.enum(STRICTNESSES).exactOptional(),
  csms: z.enum(CSMS_KINDS).exactOptional(),
  apply: z.enum(["next-connect", "now"]).exactOptional(),
  locationHint: z.enum(LOCATION_HINTS).exactOptional(),
  labels: labels.default({}),
});

export const stationRoutes = {
  putStation: {
    method: "PUT",
    path: "/v1/stations/{id}",
    scope: "stations:write",
    part: "registration",
    summary: "Register a Charging Station, or change its registration",
    body: registration,
  },
  getStation: {
    method: "GET",
    path: "/v1/stations/{id}",
    scope: "stations:read",
    part: "station",
    summary: "A Charging Station's registration, and how it stands now",
  },
  deleteStation: {
    method: "DELETE",
    path: "/v1/stations/{id}",
    scope: "stations:write",
    part: "station",
    summary: "Deregister a Charging Station",
  },
  disconnectStation: {
    method: "POST",
    path: "/v1/stations/{id}/disconnect",
    scope: "stations:write",
    part: "station",
    summary: "Close a Charging Station's connection",
  },
  linkCsms: {
    method: "GET",
    path: "/v1/stations/{id}/csms",
    scope: "csms:connect",
    part: "station",
    summary: "A CSMS's own socket to a Charging Station",
    upgrade: LINK_PROTOCOL,
  },
} as const satisfies Routes;
