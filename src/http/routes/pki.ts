/**
 * /v1/revocations and /v1/crls: certificates that are not let in. Must not know where they are kept.
 */
import * as z from "zod/mini";
import { normalizeSki } from "../../security/client-certificate.ts";
import { normalizeSerial, REVOCATION_REASONS } from "../../security/revocation.ts";
import { fingerprintFrom, pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";

/** Revocations of one page. */
const PAGE_MAX_REVOCATIONS = 500;
/** Those of a page where none are asked for. */
const PAGE_REVOCATIONS = 100;
/** Characters of a cursor: a time and what names a certificate, in base64. */
const CURSOR_MAX_LENGTH = 400;
/** Characters, colons included: of a fingerprint; of a key identifier of up to 64 bytes; [RFC 5280 §4.1.2.2] of 20 octets, with a sign and zeros in front. */
const FINGERPRINT_MAX_LENGTH = 95;
const KEY_ID_MAX_LENGTH = 191;
const SERIAL_MAX_LENGTH = 100;

const fingerprint = fingerprintFrom(z.string().check(z.maxLength(FINGERPRINT_MAX_LENGTH)));
const issuer = z.pipe(
  z.pipe(z.string().check(z.maxLength(KEY_ID_MAX_LENGTH)), z.transform(normalizeSki)),
  z.string().check(z.regex(/^(?:[0-9a-f]{2}){1,64}$/, "the key identifier of the CA in hex, with or without colons")),
);
const serialNumber = z.pipe(
  z.pipe(z.string().check(z.maxLength(SERIAL_MAX_LENGTH)), z.transform(normalizeSerial)),
  z
    .string()
    .check(z.regex(/^-?[0-9a-f]{1,40}$/, "a serial number in hex as openssl prints it, with or without colons")),
);
const reason = z._default(z.enum(REVOCATION_REASONS), "unspecified");

const revocation = z
  .strictObject({
    fingerprint: z.exactOptional(fingerprint),
    issuer: z.exactOptional(issuer),
    serialNumber: z.exactOptional(serialNumber),
    reason,
  })
  .check(
    z.refine(
      (told) =>
        told.fingerprint === undefined
          ? told.issuer !== undefined && told.serialNumber !== undefined
          : told.issuer === undefined && told.serialNumber === undefined,
      { error: "either fingerprint, or issuer (the CA's key identifier) and serialNumber" },
    ),
  );

const listQuery = z.strictObject({
  limit: pageLimit(PAGE_MAX_REVOCATIONS, PAGE_REVOCATIONS),
  cursor: z.optional(
    z.string().check(z.maxLength(CURSOR_MAX_LENGTH), z.refine(isCursor, "the cursor of the page before")),
  ),
});

function isCursor(text: string): boolean {
  try {
    return /^\[\d{1,16},"[a-z0-9:-]{1,250}"\]$/.test(atob(text));
  } catch {
    return false;
  }
}

export const pkiRoutes = {
  listCertificates: {
    method: "GET",
    path: "/v1/stations/{id}/certificates",
    scope: "stations:read",
    part: "station",
    summary: "A Charging Station's last 20 certificates, issued or shown, newest first",
  },
  addRevocation: {
    method: "POST",
    path: "/v1/revocations",
    scope: "pki:write",
    part: "fleet",
    summary: "Let a certificate in no more, and close what it let in",
    body: revocation,
  },
  liftRevocation: {
    method: "DELETE",
    path: "/v1/revocations/{certificate}",
    scope: "pki:write",
    part: "fleet",
    summary: "Let a certificate in again that was revoked on hold",
  },
  listRevocations: {
    method: "GET",
    path: "/v1/revocations",
    scope: "pki:write",
    part: "fleet",
    summary: "The certificates that were revoked here, newest first",
    query: listQuery,
  },
  listCrls: {
    method: "GET",
    path: "/v1/crls",
    scope: "pki:write",
    part: "fleet",
    summary: "The lists of revoked certificates that are kept, one a CA",
  },
  putCrl: {
    method: "PUT",
    path: "/v1/crls/{issuer}",
    scope: "pki:write",
    part: "fleet",
    summary: "Keep a CA's list of revoked certificates, and close what they let in",
    media: ["application/pkix-crl", "application/x-pem-file"],
  },
  getCrl: {
    method: "GET",
    path: "/v1/crls/{issuer}",
    scope: "pki:write",
    part: "fleet",
    summary: "What is known of a CA's list",
  },
} as const satisfies Routes;
