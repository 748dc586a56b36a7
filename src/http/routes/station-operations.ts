/**
 * Operations of several steps on a Charging Station: its password replaced, its security profile raised. Must not know the steps.
 */
import * as z from "zod/mini";
import { PASSWORD_MAX_BYTES, PASSWORD_MIN_BYTES } from "../../security/password.ts";
import type { Routes } from "./route.ts";

/** A minute, a month, and a week where nothing is said: what an operation may take. */
const EXPIRES_MIN_SECONDS = 60;
const EXPIRES_MAX_SECONDS = 2_678_400;
const EXPIRES_SECONDS = 604_800;
/** [1.6 security whitepaper §5.3, OCPP 2.x M05] Characters of a certificate that is installed. */
const CERTIFICATE_MAX_LENGTH = 5_500;
/** [OCPP 2.0.1 B09] Characters of `ocppCsmsUrl`. */
const URL_MAX_LENGTH = 512;
/** [OCPP 2.x B09] Slots are small numbers; no station has so many. */
const SLOT_MAX = 100;
/** [OCPP 2.x B09] OCPPInterfaceEnumType; `Any` is of 2.1. */
const INTERFACES = [
  ...["Wired0", "Wired1", "Wired2", "Wired3"],
  ...["Wireless0", "Wireless1", "Wireless2", "Wireless3", "Any"],
] as const;

const expiresInSeconds = z._default(
  z.int().check(z.minimum(EXPIRES_MIN_SECONDS), z.maximum(EXPIRES_MAX_SECONDS)),
  EXPIRES_SECONDS,
);
const password = z.string().check(
  z.refine(
    (text) => {
      const { length } = new TextEncoder().encode(text);
      return length >= PASSWORD_MIN_BYTES && length <= PASSWORD_MAX_BYTES;
    },
    { error: `${PASSWORD_MIN_BYTES} to ${PASSWORD_MAX_BYTES} bytes; left out, one is made` },
  ),
);
const certificate = z
  .string()
  .check(
    z.maxLength(CERTIFICATE_MAX_LENGTH),
    z.regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "a certificate in PEM"),
  );

const rotation = z.strictObject({
  password: z.exactOptional(password),
  reset: z._default(z.boolean(), false),
  expiresInSeconds,
});

/** What is in it is in the commands of the station, and in its history. */
const url = z.url({ protocol: /^wss?$/ }).check(
  z.maxLength(URL_MAX_LENGTH),
  z.refine((text) => !/^[^/]*\/\/[^/?#]*@/.test(text), {
    error: "no user and no password: it proves itself as it is registered",
  }),
);

const upgrade = z
  .strictObject({
    to: z.union([z.literal(1), z.literal(2), z.literal(3)]),
    url: z.exactOptional(url),
    rootCertificate: z.exactOptional(z.nullable(certificate)),
    hasCertificate: z.exactOptional(z.boolean()),
    configurationSlot: z.exactOptional(z.int().check(z.minimum(0), z.maximum(SLOT_MAX))),
    networkInterface: z.exactOptional(z.enum(INTERFACES)),
    reset: z._default(z.enum(["soft", "hard"]), "soft"),
    expiresInSeconds,
  })
  .check(
    // Or the station would be sent where no profile from 2 on can be.
    z.refine(({ to, url }) => to === 1 || url === undefined || /^wss:/i.test(url), {
      path: ["url"],
      error: "wss: a security profile from 2 on is over TLS",
    }),
  );

export const stationOperationRoutes = {
  rotatePassword: {
    method: "POST",
    path: "/v1/stations/{id}/password-rotation",
    scope: "pki:write",
    part: "station",
    summary: "Replace a Charging Station's password, at the station and here",
    body: rotation,
  },
  getPasswordRotation: {
    method: "GET",
    path: "/v1/stations/{id}/password-rotation",
    scope: "pki:write",
    part: "station",
    summary: "How far the last password rotation of a Charging Station is",
  },
  cancelPasswordRotation: {
    method: "DELETE",
    path: "/v1/stations/{id}/password-rotation",
    scope: "pki:write",
    part: "station",
    summary: "Stop a password rotation that is under way",
  },
  upgradeSecurity: {
    method: "POST",
    path: "/v1/stations/{id}/security-upgrade",
    scope: "pki:write",
    part: "station",
    summary: "Raise a Charging Station's security profile, at the station and here",
    body: upgrade,
  },
  getSecurityUpgrade: {
    method: "GET",
    path: "/v1/stations/{id}/security-upgrade",
    scope: "pki:write",
    part: "station",
    summary: "How far the last security upgrade of a Charging Station is",
  },
  cancelSecurityUpgrade: {
    method: "DELETE",
    path: "/v1/stations/{id}/security-upgrade",
    scope: "pki:write",
    part: "station",
    summary: "Stop a security upgrade that is under way",
  },
} as const satisfies Routes;
