/**
 * The Worker's environment, checked once, to Config. Must not know what a setting is used for; names what is wrong
 * and never shows a value, since some are secrets.
 */
import { parseJson } from "./json.ts";
import * as z from "zod/mini";
import "./fault-words.ts";
import { isSigningSecret, SIGNING_SECRET } from "./delivery/signature.ts";
import { PROTOCOLS } from "./ocpp/protocol.ts";
import { STRICTNESSES } from "./ocpp/strictness.ts";
import { accessRolesSchema } from "./security/access/access-roles.ts";
import { apiKeysSchema } from "./security/api-key.ts";
import { normalizeSki } from "./security/client-certificate.ts";
import { mtlsHost } from "./security/transport.ts";

const flag = z.pipe(
  z.enum(["true", "false"]),
  z.transform((value) => value === "true"),
);
const list = z.pipe(
  z.string(),
  z.transform((text: string) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ),
);
const mtlsHosts = z.array(
  z.pipe(
    z.string(),
    z.transform((entry: string, { issues }) => {
      const host = mtlsHost(entry);
      if (host !== null) return host;
      const message = "host or host:port, no URL, wildcard or trailing dot";
      issues.push({ code: "custom", message, input: entry });
      return z.NEVER;
    }),
  ),
);
/** [RFC 5280 §4.2.1.2] Mostly 20 bytes of a hash; none at all would mean every CA. */
const skis = z
  .array(
    z.pipe(
      z.pipe(z.string(), z.transform(normalizeSki)),
      z.string().check(z.regex(/^(?:[0-9a-f]{2}){1,64}$/, "a key identifier in hex, with or without colons")),
    ),
  )
  .check(z.minLength(1, "a key identifier at least; leave it out for every CA that the mTLS host trusts"));
const integer = (min: number, max: number) =>
  z.pipe(
    z.pipe(z.string().check(z.regex(/^\d+$/, "a whole number")), z.transform(Number)),
    z.number().check(z.minimum(min), z.maximum(max)),
  );
const json = z.pipe(
  z.string(),
  z.transform((text: string, { issues }) => {
    try {
      return parseJson(text);
    } catch {
      issues.push({ code: "custom", message: "not JSON", input: text });
      return z.NEVER;
    }
  }),
);

/** Characters of a bundle: some thirty certificates. */
const STATION_CAS_MAX_LENGTH = 65_536;
/** Applications in front of one deployment. */
const ACCESS_AUDS_MAX = 10;
/** Each is a request every hour. */
const CRL_URLS_MAX = 10;
const pemBundle = z.pipe(
  z.pipe(
    z.string(),
    z.transform((text: string) => text.replaceAll("\\n", "\n")),
  ),
  z
    .string()
    .check(
      z.regex(
        /^\s*(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
        "certificates in PEM, and nothing else",
      ),
    ),
);

const settingsSchema = z.object({
  API_KEYS: z._default(z.pipe(json, apiKeysSchema), []),
  MTLS_HOSTS: z._default(z.pipe(list, mtlsHosts), []),
  CLIENT_CA_SKIS: z._default(z.pipe(list, skis), []),
  /** Where it cannot be told whether a certificate is revoked, or its CA's list is out of date: let in, or not. */
  CRL_MODE: z._default(z.enum(["soft", "hard"]), "soft"),
  /** PEM: the roots and intermediates of the CAs that issue stations' certificates. */
  STATION_CAS: z.optional(z.pipe(z.string().check(z.maxLength(STATION_CAS_MAX_LENGTH)), pemBundle)),
  /** Whose verdict on a certificate counts: the edge's, or that of the Worker by STATION_CAS. */
  MTLS_TRUST: z._default(z.enum(["edge", "worker"]), "edge"),
  /** Where the lists of those CAs are fetched. */
  CRL_URLS: z._default(z.pipe(list, z.array(z.url({ protocol: /^https?$/ })).check(z.maxLength(CRL_URLS_MAX))), []),
  /** Who signs the certificates that stations ask for: the CSMS, or whoever pki/issue.ts asks. */
  CERTIFICATE_ISSUER: z._default(z.enum(["csms", "local", "cloudflare", "est"]), "csms"),
  /** Where that is asked, with its `/zones/{zone}/client_certificates` or `/.well-known/est`. */
  ISSUER_URL: z.optional(z.url({ protocol: /^https?$/ })),
  /** Cloudflare's API token, or the EST server's `user:password`. */
  ISSUER_SECRET: z.optional(
    z.string().check(z.maxLength(1_000), z.regex(/^[\x21-\x7e]+$/, "visible ASCII characters")),
  ),
  /** For which a certificate is asked, where the issuer can be told. */
  CERTIFICATE_DAYS: z._default(integer(1, 3_650), 365),
  /** Before its certificate's end a station is asked to have it renewed; none: it is not. */
  RENEW_BEFORE_DAYS: z.optional(integer(1, 365)),
  /** Hosts of OCSP responders that are asked for a station's GetCertificateStatus; none: that is the CSMS's. */
  OCSP_RELAY: z._default(
    z.pipe(list, z.array(z.string().check(z.regex(/^[a-z0-9.-]+(?::\d{1,5})?$/, "host or host:port")))),
    [],
  ),
  ALLOW_PROFILE_0: z._default(flag, false),
  PROTOCOLS: z._default(z.pipe(list, z.array(z.enum(PROTOCOLS)).check(z.minLength(1))), [...PROTOCOLS]),
  SUBPROTOCOL_MISMATCH: z._default(z.enum(["refuse", "close"]), "refuse"),
  VALIDATION: z._default(z.enum(STRICTNESSES), "strict"),
  CSMS_URL: z.optional(z.url({ protocol: /^https?$/ })),
  /** ms */
  CSMS_TIMEOUT_MS: z._default(integer(100, 60_000), 10_000),
  CSMS_SECRET: z.optional(z.string().check(z.refine(isSigningSecret, { error: SIGNING_SECRET }))),
  STANDALONE_AUTHORIZATION: z._default(z.enum(["Accepted", "Invalid"]), "Accepted"),
  HEARTBEAT_INTERVAL_SECONDS: z._default(integer(1, 86_400), 300),
  BOOT_RETRY_SECONDS: z._default(integer(1, 86_400), 30),
  /** ms; the first wait before a delivery is tried again, doubled each time. */
  WEBHOOK_RETRY_BASE_MS: z._default(integer(10, 3_600_000), 2_000),
  /** Events of one station that may wait for one webhook. */
  WEBHOOK_BACKLOG_MAX: z._default(integer(100, 100_000), 10_000),
  /** Bytes of those events; the largest has some 2,000,000. */
  WEBHOOK_BACKLOG_MAX_BYTES: z._default(integer(2_000_000, 1_000_000_000), 32_000_000),
  /** Bytes of one delivery; an event that is larger goes alone. */
  WEBHOOK_BATCH_MAX_BYTES: z._default(integer(1_000, 10_000_000), 524_288),
  /** Between two looks for a half-open socket, once a first one found the station alive. */
  PRESENCE_CHECK_SECONDS: z._default(integer(1, 86_400), 10_800),
  /** After which a station that stays connected hands over what it has counted, by a message of its own. */
  METRICS_SECONDS: z._default(integer(60, 604_800), 43_200),
  /** The label whose values tell stations apart in the metrics. */
  METRICS_LABEL: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
  /** Of the team whose Cloudflare Access stands in front; with the next two who it lets in needs no API key. */
  ACCESS_TEAM_DOMAIN: z.optional(
    z
      .string()
      .check(
        z.toLowerCase(),
        z.regex(/^[a-z0-9-]{1,63}\.cloudflareaccess\.com$/, "TEAM.cloudflareaccess.com, without https://"),
      ),
  ),
  /** Tags of the Access applications that it stands in front as. */
  ACCESS_AUD: z._default(
    z.pipe(
      list,
      z
        .array(z.string().check(z.regex(/^[0-9a-f]{64}$/, "the application's Audience (AUD) tag: 64 hex digits")))
        .check(z.maxLength(ACCESS_AUDS_MAX)),
    ),
    [],
  ),
  /** Who of them may do what. */
  ACCESS_ROLES: z.optional(z.pipe(json, accessRolesSchema)),
  /** For which the audit is kept. */
  AUDIT_DAYS: z._default(integer(1, 3_650), 90),
  /** Where the objects of a deployment live; none: wherever they are first asked for. */
  JURISDICTION: z.optional(z.enum(["eu", "us", "fedramp"])),
  /** PEM of the root that stations are to trust the server by; none: it is not installed. */
  SERVER_ROOT_PEM: z.optional(
    z
      .string()
      .check(
        z.maxLength(5_500, "at most 5,500 characters, as OCPP installs it"),
        z.regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, "a certificate in PEM"),
      ),
  ),
  /** Set by the local edge alone: loopback webhooks over http are taken. */
  LOCAL: z._default(flag, false),
});

export type Config = z.infer<typeof settingsSchema>;

/** Without a CA nobody could be let in, and by another reading everybody. */
function refuseBlindTrust({ MTLS_TRUST, STATION_CAS }: Config, context: z.core.$RefinementCtx): void {
  if (MTLS_TRUST !== "worker" || STATION_CAS !== undefined) return;
  context.addIssue({ code: "custom", path: ["MTLS_TRUST"], message: '"worker" takes the roots in STATION_CAS' });
}

/** What it needs, or the certificates that stations ask for never come. */
function refuseHalfAnIssuer(config: Config, context: z.core.$RefinementCtx): void {
  const { CERTIFICATE_ISSUER: issuer, ISSUER_URL: url, ISSUER_SECRET: secret, LOCAL } = config;
  if (issuer !== "cloudflare" && issuer !== "est") return;
  const refuse = (name: string, message: string) => context.addIssue({ code: "custom", path: [name], message });
  if (url === undefined) refuse("ISSUER_URL", `CERTIFICATE_ISSUER "${issuer}" takes it`);
  else if (url.startsWith("http:") && !LOCAL) refuse("ISSUER_URL", "https: what is sent there is a secret");
  if (issuer === "cloudflare" && secret === undefined) refuse("ISSUER_SECRET", "Cloudflare takes an API token");
}

/** One without the others would let nobody in, and look as if it did. */
function refuseHalfOfAccess(
  { ACCESS_TEAM_DOMAIN, ACCESS_AUD, ACCESS_ROLES }: Config,
  context: z.core.$RefinementCtx,
): void {
  const given = {
    ACCESS_TEAM_DOMAIN: ACCESS_TEAM_DOMAIN !== undefined,
    ACCESS_AUD: ACCESS_AUD.length > 0,
    ACCESS_ROLES: ACCESS_ROLES !== undefined,
  };
  const missing = Object.entries(given).flatMap(([name, isGiven]) => (isGiven ? [] : [name]));
  if (missing.length === 0 || missing.length === Object.keys(given).length) return;
  const message = "Cloudflare Access takes ACCESS_TEAM_DOMAIN, ACCESS_AUD and ACCESS_ROLES together";
  for (const name of missing) context.addIssue({ code: "custom", path: [name], message });
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
  const parsed = settingsSchema
    .check(z.superRefine(refuseBlindTrust), z.superRefine(refuseHalfAnIssuer), z.superRefine(refuseHalfOfAccess))
    .safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new ConfigError(`the environment is not usable: ${faults.join("; ")}`);
  }
  cache.set(env, parsed.data);
  return parsed.data;
}
