/**
 * A deployment looked at from outside, for what goes wrong in practice: each finding with what to do. Must not change anything.
 */
import type { CheckOptions } from "./arguments.ts";
import { asksForCertificate, type Probed, probe, upgrade } from "./probe.ts";

/** `unknown`: it could not be looked at. */
export interface Finding {
  verdict: "good" | "bad" | "unknown";
  what: string;
  remedy?: string;
}

/** What only Cloudflare's API tells. `null`: nobody is logged in. */
export type Subdomain = { enabled: boolean; previews_enabled: boolean } | null;

export async function check(
  { url, plain, mtls, ca }: Omit<CheckOptions, "config">,
  subdomain: Subdomain,
): Promise<Finding[]> {
  const [health, refused, plainHealth, plainRefused] = await Promise.all([
    probe(new URL("/healthz", url), ca),
    upgrade(url, ca),
    probe(new URL("/healthz", plain), ca),
    upgrade(plain, ca),
  ]);
  return [
    found(
      is(health, 200),
      `${url.host} answers GET /healthz with ${said(health)}, which should be 200`,
      "docs/operations.md, and `npx wrangler tail`",
    ),
    found(
      is(refused, 401),
      `${url.host} answers a station without credentials with ${said(refused)}, which should be 401`,
      remedyOf(refused),
    ),
    ...port80(plain, plainHealth, plainRefused),
    ...(mtls === null ? [] : await mutual(mtls, ca)),
    workersDev(subdomain),
  ];
}

/** Profile 1, and what must not be profile 0. */
function port80(plain: URL, health: Probed, refused: Probed): Finding[] {
  if (health.kind === "error" && refused.kind === "error") {
    const what = `${plain.host} on port 80 cannot be reached (${health.reason}): stations of profile 1 do not come in`;
    return [{ verdict: "unknown", what, remedy: "nothing, where no station is on profile 1" }];
  }
  const redirect = [health, refused].find((each) => each.kind === "answer" && each.status >= 300 && each.status < 400);
  if (redirect?.kind === "answer") {
    const what = `${plain.host} on port 80 redirects to ${redirect.location}: stations of profile 1 do not follow`;
    return [
      {
        verdict: "bad",
        what,
        remedy:
          'turn "Always Use HTTPS" off for this host (SSL/TLS, Edge Certificates), or ignore this if no station is on profile 1',
      },
    ];
  }
  const isOpen = refused.kind === "answer" && [101, 404].includes(refused.status);
  const what = `${plain.host} on port 80 answers a station without credentials with ${said(refused)}, which should be 401`;
  const remedy = isOpen ? 'ALLOW_PROFILE_0 is "true": set it to "false", deploy' : remedyOf(refused);
  return [found(is(refused, 401), what, remedy)];
}

/** Profile 3. */
async function mutual(mtls: URL, ca: string | null): Promise<Finding[]> {
  const basic = `Basic ${Buffer.from("kerbside-check:no password of anybody").toString("base64")}`;
  const [asks, bare, withBasic] = await Promise.all([
    asksForCertificate(mtls),
    upgrade(mtls, ca),
    upgrade(mtls, ca, basic),
  ]);
  const isStrict = is(bare, 403) && is(withBasic, 403);
  return [
    asks === null
      ? {
          verdict: "bad",
          what: `${mtls.host} completes no TLS handshake`,
          remedy: "look at its DNS record and certificate",
        }
      : found(
          asks,
          `${mtls.host} ${asks ? "asks" : "does not ask"} stations for a certificate`,
          "associate the host with the stations' CA (docs/deploy.md, 6): without, every station of profile 3 is refused",
        ),
    found(
      isStrict,
      `${mtls.host} answers a station without a certificate with ${said(bare)}, and one with a password alone with ${said(withBasic)}; both should be 403`,
      `name ${mtls.hostname} in MTLS_HOSTS, deploy`,
    ),
  ];
}

function workersDev(subdomain: Subdomain): Finding {
  if (subdomain === null)
    return {
      verdict: "unknown",
      what: "whether workers.dev is off is told to who is logged in alone: `npx wrangler login`, or CLOUDFLARE_API_TOKEN",
    };
  const { enabled, previews_enabled } = subdomain;
  const what = `workers.dev is ${enabled ? "on" : "off"}, previews are ${previews_enabled ? "on" : "off"}; no rule of your zone covers those hosts`;
  return found(
    !enabled && !previews_enabled,
    what,
    "set workers_dev and preview_urls to false in wrangler.toml, deploy",
  );
}

const is = (probed: Probed, status: number): boolean => probed.kind === "answer" && probed.status === status;

const said = (probed: Probed): string =>
  probed.kind === "answer" ? String(probed.status) : `nothing (${probed.reason})`;

const remedyOf = (probed: Probed): string =>
  probed.kind === "error"
    ? "look at the DNS record and the certificate of the host: a new one takes some minutes"
    : "see that the host is one of this Worker's (routes in wrangler.toml), and that nothing of the zone answers in its place";

const found = (isGood: boolean, what: string, remedy: string): Finding =>
  isGood ? { verdict: "good", what } : { verdict: "bad", what, remedy };
