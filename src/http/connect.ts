/**
 * The upgrade: what the edge knows of a request, turned into claims; all that can be refused without the station's
 * object is refused here. Must not know a registration, and passes nothing on that a client only said.
 */
import type { Config } from "../config.ts";
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { forget, isRegistered } from "../fleet/known-stations.ts";
import { parseJson } from "../json.ts";
import { log, messageOf } from "../log.ts";
import { parseIdentity } from "../ocpp/identity.ts";
import { parseOffer } from "../ocpp/subprotocol.ts";
import { err, ok, type Result } from "../result.ts";
import { authoritiesAbove, provenBy, twinShown } from "../pki/client-chain.ts";
import { keepAuthorities } from "../pki/known-authorities.ts";
import { type Standing, standingOf } from "../pki/known-revocations.ts";
import { type ConnectionClaims, refuseEarly } from "../security/admission.ts";
import { addressKey } from "../security/attempts.ts";
import { PasswordAttempts } from "../security/password-attempts.ts";
import type { Knock } from "../security/knocks.ts";
import { parseBasic } from "../security/basic-credentials.ts";
import { type CertificateFacts, type TlsClientAuth, verifyCertificate } from "../security/client-certificate.ts";
import { presentedCertificate } from "../security/presented-certificate.ts";
import { type RefusalReason, refusalOnWire } from "../security/refusal.ts";
import { transportOf } from "../security/transport.ts";
import { sendConnectRequest } from "../station/connection/connect-request.ts";
import { letIn, turnedAway } from "./doorstep.ts";
import { problemResponse } from "./problem.ts";
import { countRefusal } from "./refusal-counts.ts";
import { stationStub } from "../station-stub.ts";

/** Subprotocols of an offer that are looked at; OCPP has three, and a header may hold thousands. */
const OFFERED_MAX = 16;
/** Of this isolate: a password that is compared costs it milliseconds. */
const guesses = new PasswordAttempts(() => Date.now());

/** Is it for a station, whatever may be wrong with it? */
export const isConnect = (url: URL): boolean => url.pathname.startsWith("/ocpp/");

export async function connect(request: Request, url: URL, env: Env, ctx: ExecutionContext): Promise<Response> {
  const remoteAddress = request.headers.get("CF-Connecting-IP");
  const requestId = crypto.randomUUID();
  const refused = (reason: RefusalReason, stationId?: string): Response => {
    log("warn", "connection refused", { requestId, stationId, reason, remoteAddress });
    countRefusal(env, ctx, url, reason, Date.now());
    const problem = refusalOnWire(reason);
    return problemResponse({ ...problem, headers: { ...problem.headers, "X-Request-Id": requestId } });
  };

  if (request.method !== "GET" || request.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return refused("not-an-upgrade");
  }
  // Stations put a slash between an endpoint that ends with one and their identity, and one behind it.
  const segment = /^\/ocpp\/\/?([^/]*)\/?$/.exec(url.pathname)?.[1];
  const identity = segment === undefined ? null : parseIdentity(segment);
  if (identity === null || !identity.ok) return refused("illegal-identity");
  const stationId = identity.value;
  try {
    const config = configOf(env);
    // Attempts that were too many say nothing of what is wrong, and are to cost nothing.
    const note = (reason: RefusalReason, registered: boolean | null): void => {
      if (reason !== "unreachable") turnedAway(env, ctx, knockOf(request, url, stationId, reason, config), registered);
    };
    const turnAway = (reason: RefusalReason, registered: boolean | null): Response => {
      note(reason, registered);
      return refused(reason, stationId);
    };
    if (!(await withinLimits(env, stationId, remoteAddress))) return refused("too-many-attempts", stationId);

    const attempt = guesses.attempt(stationId, addressKey(remoteAddress));
    const mayGuess = transportOf(url, config.MTLS_HOSTS) !== "mtls" && request.headers.has("Authorization");
    if (mayGuess && attempt.isRefused(Date.now())) return refused("too-many-attempts", stationId);

    const claims = await claimsOf(request, url, stationId, config);
    const early = claims.ok ? refuseEarly(claims.value, admissionSettings(config)) : claims.error;
    if (!claims.ok || early !== null) {
      const reason = early ?? "unreachable";
      // A certificate that was once this fleet's is worth waking the station for; a stranger's guess is not.
      if (reason === "certificate-expired" || reason === "certificate-revoked") {
        ctx.waitUntil(report(env, stationId, reason, remoteAddress));
      }
      return turnAway(reason, null);
    }

    // Where the directory cannot tell, the object will.
    if ((await isRegistered(env.DIRECTORY, stationId, Date.now())) === false) return turnAway("not-registered", false);
    const { certificate } = claims.value;
    const standing = certificate === null ? "good" : await certificateStanding(env, request, certificate);
    // CRL_MODE soft: who cannot be looked up is let in, as before there was a list.
    if (standing === "list-out-of-date") return turnAway("unreachable", true);
    if (standing === "unknown" && config.CRL_MODE === "hard") return turnAway("unreachable", true);
    if (standing === "revoked") {
      ctx.waitUntil(report(env, stationId, "certificate-revoked", remoteAddress));
      return turnAway("certificate-revoked", true);
    }
    const station = stationStub(env, stationId);
    const ask = () => sendConnectRequest(station, { claims: claims.value, remoteAddress, requestId });
    const decided = mayGuess
      ? await attempt.decide(async () => decisionOf(await ask()))
      : await decisionOf(await ask());
    if (decided === null) return refused("too-many-attempts", stationId);
    const { response, reason } = decided;
    if (reason === null) {
      letIn(stationId);
      return response;
    }
    if (reason === "not-registered") forget(stationId);
    if (reason === "no-common-subprotocol" && config.SUBPROTOCOL_MISMATCH === "close") {
      note(reason, true);
      countRefusal(env, ctx, url, reason, Date.now());
      return closeAtOnce(requestId);
    }
    return turnAway(reason, reason !== "not-registered");
  } catch (error) {
    log("error", "a connection could not be decided", { stationId, reason: messageOf(error) });
    return refused("unreachable", stationId);
  }
}

async function certificateStanding(env: Env, request: Request, certificate: CertificateFacts): Promise<Standing> {
  const config = configOf(env);
  const now = Date.now();
  const authorities = await authoritiesAbove(config, shownBy(request), certificate.issuerKeyId, now);
  if (config.MTLS_TRUST === "worker") await keepAuthorities(env, authorities, now);
  return standingOf(env.DIRECTORY, certificate, authorities, config.CRL_MODE, now);
}

const shownBy = (request: Request): TlsClientAuth | undefined =>
  (request.cf as { tlsClientAuth?: TlsClientAuth } | undefined)?.tlsClientAuth;

/** `null`: admitted. */
async function decisionOf(response: Response): Promise<{ response: Response; reason: RefusalReason | null }> {
  if (response.status === 101) return { response, reason: null };
  const { reason } = parseJson<{ reason: RefusalReason }>(await response.text());
  return { response, reason };
}

async function report(env: Env, stationId: string, reason: RefusalReason, remoteAddress: string | null): Promise<void> {
  if ((await isRegistered(env.DIRECTORY, stationId, Date.now())) === false) return;
  await stationStub(env, stationId).reportRefusal(reason, remoteAddress);
}

const admissionSettings = (config: Config) => ({
  allowProfile0: config.ALLOW_PROFILE_0,
  enabledProtocols: config.PROTOCOLS,
});

/** By station and address together, so that no stranger can lock a station out; and by address against guessing names. */
async function withinLimits(env: Env, stationId: string, remoteAddress: string | null): Promise<boolean> {
  const address = addressKey(remoteAddress);
  const [byStation, byAddress] = await Promise.all([
    env.CONNECT_BY_STATION.limit({ key: `${stationId}|${address}` }),
    env.CONNECT_BY_ADDRESS.limit({ key: address }),
  ]);
  return byStation.success && byAddress.success;
}

function knockOf(request: Request, url: URL, stationId: string, reason: RefusalReason, config: Config): Knock {
  return {
    stationId,
    at: Date.now(),
    reason,
    remoteAddress: request.headers.get("CF-Connecting-IP"),
    transport: transportOf(url, config.MTLS_HOSTS),
    offer: parseOffer(request.headers.get("Sec-WebSocket-Protocol")),
    certificate: presentedCertificate(shownBy(request)),
  };
}

async function claimsOf(
  request: Request,
  url: URL,
  stationId: string,
  config: Config,
): Promise<Result<ConnectionClaims, RefusalReason>> {
  const transport = transportOf(url, config.MTLS_HOSTS);
  const offer = parseOffer(request.headers.get("Sec-WebSocket-Protocol")).slice(0, OFFERED_MAX);
  if (transport === "mtls") {
    const issuers = { allowedSkis: config.CLIENT_CA_SKIS, expiredIsProven: config.LOCAL };
    const proven = await provenBy(config, shownBy(request), Date.now());
    if (!proven.ok) return proven;
    const certificate = verifyCertificate(proven.value, issuers, Date.now());
    if (!certificate.ok) return certificate;
    const facts = { ...certificate.value, ...(await twinShown(proven.value)) };
    return ok({ stationId, transport, basic: null, certificate: facts, offer });
  }
  const header = request.headers.get("Authorization");
  const basic = parseBasic(header);
  if (header !== null && basic === null) return err("credentials-malformed");
  return ok({ stationId, transport, basic, certificate: null, offer });
}

/** [OCPP-J 1.6 §3.1.2, 2.x P4 §3.1.2] The handshake completes without a subprotocol, then the socket closes. */
function closeAtOnce(requestId: string): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(1002, "no common subprotocol");
  return new Response(null, { status: 101, webSocket: client, headers: { "X-Request-Id": requestId } });
}
