/**
 * /v1/stations: registration, view, disconnection, the CSMS's own socket. Must not know how a station's object keeps them.
 */
import * as z from "zod/mini";
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

const password = z.string().check(
  z.refine(
    (text) => {
      const { length } = new TextEncoder().encode(text);
      return text === "generate" || (length >= PASSWORD_MIN_BYTES && length <= PASSWORD_MAX_BYTES);
    },
    { error: `${PASSWORD_MIN_BYTES} to ${PASSWORD_MAX_BYTES} bytes, or "generate"` },
  ),
);

const fingerprint = fingerprintFrom(z.string());

const name = z.string().check(z.minLength(1), z.maxLength(TEXT_MAX_LENGTH));
const labels = z
  .record(z.string().check(z.regex(LABEL_NAME, LABEL_NAME_RULE)), z.string().check(z.maxLength(TEXT_MAX_LENGTH)))
  .check(z.refine((record) => Object.keys(record).length <= LABELS_MAX, { error: `at most ${LABELS_MAX} labels` }));

const registration = z.strictObject({
  securityProfile: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  password: z.exactOptional(password),
  passwordOverlap: z.exactOptional(z.boolean()),
  certificate: z.exactOptional(
    z.strictObject({
      commonName: z.exactOptional(name),
      organization: z.exactOptional(name),
      fingerprints: z.exactOptional(z.array(fingerprint).check(z.minLength(1), z.maxLength(FINGERPRINTS_MAX))),
    }),
  ),
  protocols: z._default(z.array(z.enum(PROTOCOLS)).check(z.maxLength(PROTOCOLS.length)), []),
  assumeProtocol: z._default(z.boolean(), false),
  heartbeatIntervalSeconds: z.exactOptional(
    z.int().check(z.minimum(HEARTBEAT_MIN_SECONDS), z.maximum(HEARTBEAT_MAX_SECONDS)),
  ),
  validation: z.exactOptional(z.enum(STRICTNESSES)),
  csms: z.exactOptional(z.enum(CSMS_KINDS)),
  apply: z.exactOptional(z.enum(["next-connect", "now"])),
  locationHint: z.exactOptional(z.enum(LOCATION_HINTS)),
  labels: z._default(labels, {}),
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
