/**
 * The Worker's environment, checked once, to Config. Must not know what a setting is used for; names what is wrong
 * and never shows a value, since some are secrets.
 */
import { parseJson } from "./json.ts";
import * as z from "zod";
import { isSigningSecret, SIGNING_SECRET } from "./delivery/signature.ts";
import { PROTOCOLS } from "./ocpp/protocol.ts";
import { STRICTNESSES } from "./ocpp/strictness.ts";
import { apiKeysSchema } from "./security/api-key.ts";
import { normalizeSki } from "./security/client-certificate.ts";
import { mtlsHost } from "./security/transport.ts";

const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);
const mtlsHosts = z.array(
  z.string().transform((entry, context) => {
    const host = mtlsHost(entry);
    if (host !== null) return host;
    context.addIssue({ code: "custom", message: "host or host:port, no URL, wildcard or trailing dot" });
    return z.NEVER;
  }),
);
/** [RFC 5280 §4.2.1.2] Mostly 20 bytes of a hash; none at all would mean every CA. */
const skis = z
  .array(
    z
      .string()
      .transform(normalizeSki)
      .pipe(z.string().regex(/^(?:[0-9a-f]{2}){1,64}$/, "a key identifier in hex, with or without colons")),
  )
  .min(1, "a key identifier at least; leave it out for every CA that the mTLS host trusts");
const integer = (min: number, max: number) =>
  z.string().regex(/^\d+$/, "a whole number").transform(Number).pipe(z.number().min(min).max(max));
const json = z.string().transform((text, context) => {
  try {
    return parseJson(text);
  } catch {
    context.addIssue({ code: "custom", message: "not JSON" });
    return z.NEVER;
  }
});

/** Characters of a bundle: some thirty certificates. */
const STATION_CAS_MAX_LENGTH = 65_536;
/** Each is a request every hour. */
const CRL_URLS_MAX = 10;
const pemBundle = z
  .string()
  .transform((text) => text.replaceAll("\\n", "\n"))
  .pipe(
    z
      .string()
      .regex(
        /^\s*(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
        "certificates in PEM, and nothing else",
      ),
  );

const settingsSchema = z.object({
  API_KEYS: json.pipe(apiKeysSchema).default([]),
  MTLS_HOSTS: list.pipe(mtlsHosts).default([]),
  CLIENT_CA_SKIS: list.pipe(skis).default([]),
  /** Where it cannot be told whether a certificate is revoked, or its CA's list is out of date: let in, or not. */
  CRL_MODE: z.enum(["soft", "hard"]).default("soft"),
  /** PEM: the roots and intermediates of the CAs that issue stations' certificates. */
  STATION_CAS: z.string().max(STATION_CAS_MAX_LENGTH).pipe(pemBundle).optional(),
  /** Whose verdict on a certificate counts: the edge's, or that of the Worker by STATION_CAS. */
  MTLS_TRUST: z.enum(["edge", "worker"]).default("edge"),
  /** Where the lists of those CAs are fetched. */
  CRL_URLS: list.pipe(z.array(z.url({ protocol: /^https?$/ })).max(CRL_URLS_MAX)).default([]),
  /** Who signs the certificates that stations ask for: the CSMS, or whoever pki/issue.ts asks. */
  CERTIFICATE_ISSUER: z.enum(["csms", "local", "cloudflare", "est"]).default("csms"),
  /** Where that is asked, with its `/zones/{zone}/client_certificates` or `/.well-known/est`. */
  ISSUER_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Cloudflare's API token, or the EST server's `user:password`. */
  ISSUER_SECRET: z
    .string()
    .max(1_000)
    .regex(/^[\x21-\x7e]+$/, "visible ASCII characters")
    .optional(),
  /** For which a certificate is asked, where the issuer can be told. */
  CERTIFICATE_DAYS: integer(1, 3_650).default(365),
  /** Before its certificate's end a station is asked to have it renewed; none: it is not. */
  RENEW_BEFORE_DAYS: integer(1, 365).optional(),
  /** Hosts of OCSP responders that are asked for a station's GetCertificateStatus; none: that is the CSMS's. */
  OCSP_RELAY: list.pipe(z.array(z.string().regex(/^[a-z0-9.-]+(?::\d{1,5})?$/, "host or host:port"))).default([]),
  ALLOW_PROFILE_0: flag.default(false),
  PROTOCOLS: list.pipe(z.array(z.enum(PROTOCOLS)).min(1)).default([...PROTOCOLS]),
  SUBPROTOCOL_MISMATCH: z.enum(["refuse", "close"]).default("refuse"),
  VALIDATION: z.enum(STRICTNESSES).default("strict"),
  CSMS_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** ms */
  CSMS_TIMEOUT_MS: integer(100, 60_000).default(10_000),
  CSMS_SECRET: z.string().refine(isSigningSecret, { error: SIGNING_SECRET }).optional(),
  STANDALONE_AUTHORIZATION: z.enum(["Accepted", "Invalid"]).default("Accepted"),
  HEARTBEAT_INTERVAL_SECONDS: integer(1, 86_400).default(300),
  BOOT_RETRY_SECONDS: integer(1, 86_400).default(30),
  /** ms; the first wait before a delivery is tried again, doubled each time. */
  WEBHOOK_RETRY_BASE_MS: integer(10, 3_600_000).default(2_000),
  /** Events of one station that may wait for one webhook. */
  WEBHOOK_BACKLOG_MAX: integer(100, 100_000).default(10_000),
  /** Bytes of those events; the largest has some 2,000,000. */
  WEBHOOK_BACKLOG_MAX_BYTES: integer(2_000_000, 1_000_000_000).default(32_000_000),
  /** Bytes of one delivery; an event that is larger goes alone. */
  WEBHOOK_BATCH_MAX_BYTES: integer(1_000, 10_000_000).default(524_288),
  /** Between two looks for a half-open socket, once a first one found the station alive. */
  PRESENCE_CHECK_SECONDS: integer(1, 86_400).default(10_800),
  /** After which a station that stays connected hands over what it has counted, by a message of its own. */
  METRICS_SECONDS: integer(60, 604_800).default(43_200),
  /** The label whose values tell stations apart in the metrics. */
  METRICS_LABEL: z.string().min(1).max(64).optional(),
  /** For which the audit is kept. */
  AUDIT_DAYS: integer(1, 3_650).default(90),
  /** Where the objects of a deployment live; none: wherever they are first asked for. */
  JURISDICTION: z.enum(["eu", "us", "fedramp"]).optional(),
  /** PEM of the root that stations are to trust the server by; none: it is not installed. */
  SERVER_ROOT_PEM: z
    .string()
    .max(5_500, "at most 5,500 characters, as OCPP installs it")
    .regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "a certificate in PEM")
    .optional(),
  /** Set by the local edge alone: loopback webhooks over http are taken. */
  LOCAL: flag.default(false),
});

export type Config = z.infer<typeof settingsSchema>;

/** Without a CA nobody could be let in, and by another reading everybody. */
function refuseBlindTrust({ MTLS_TRUST, STATION_CAS }: Config, context: z.RefinementCtx): void {
  if (MTLS_TRUST !== "worker" || STATION_CAS !== undefined) return;
  context.addIssue({ code: "custom", path: ["MTLS_TRUST"], message: '"worker" takes the roots in STATION_CAS' });
}

/** What it needs, or the certificates that stations ask for never come. */
function refuseHalfAnIssuer(config: Config, context: z.RefinementCtx): void {
  const { CERTIFICATE_ISSUER: issuer, ISSUER_URL: url, ISSUER_SECRET: secret, LOCAL } = config;
  if (issuer !== "cloudflare" && issuer !== "est") return;
  const refuse = (name: string, message: string) => context.addIssue({ code: "custom", path: [name], message });
  if (url === undefined) refuse("ISSUER_URL", `CERTIFICATE_ISSUER "${issuer}" takes it`);
  else if (url.startsWith("http:") && !LOCAL) refuse("ISSUER_URL", "https: what is sent there is a secret");
  if (issuer === "cloudflare" && secret === undefined) refuse("ISSUER_SECRET", "Cloudflare takes an API token");
}

/** Every setting there is; each is an environment variable of its name. */
export const SETTINGS = Object.keys(settingsSchema.shape) as (keyof Config)[];

/** Thrown where the environment cannot be used; the message names every fault. */
export class ConfigError extends Error {}

const cache = new WeakMap<object, Config>();

/** The configuration of an environment; the same object gives the same Config, checked once. */
export function configOf(env: object): Config {
  const known = cache.get(env);
  if (known !== undefined) return known;
  // An empty variable is what a wrangler.toml leaves behind for one that is not set.
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => typeof value === "string" && value !== ""),
  );
  const parsed = settingsSchema.superRefine(refuseBlindTrust).superRefine(refuseHalfAnIssuer).safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new ConfigError(`the environment is not usable: ${faults.join("; ")}`);
  }
  cache.set(env, parsed.data);
  return parsed.data;
}
