/**
 * Who calls the API, and whether its key has the scope. Must not know what a route does.
 */
import type { Context } from "hono";
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { auditRefusal } from "../fleet/audit.ts";
import { type Caller, findApiKey, type Scope } from "../security/api-key.ts";
import { addressKey, FailedAttempts } from "../security/attempts.ts";
import { accessCaller, ASSERTION, isSetUp, tellUnreachable } from "./access/access-caller.ts";
import { KeysUnreachable } from "./access/access-keys.ts";
import { isCrossSite } from "./access/cross-site.ts";
import { problems } from "./problem.ts";

export interface ApiEnv {
  Bindings: Env;
  Variables: { requestId: string };
}
export type ApiContext = Context<ApiEnv>;

/** Wrong API keys of an address at once, then one in 600 ms: more than any misconfigured backend needs to be told. */
const WRONG_KEYS_BURST = 100;
const WRONG_KEYS_PER_MINUTE = 100;
const wrongKeys = new FailedAttempts({ burst: WRONG_KEYS_BURST, perSecond: WRONG_KEYS_PER_MINUTE / 60 });

/** Only who has no valid key ever comes here, so that nobody can lock out a backend that shares the address. */
function refuseGuessing(address: string, isGuess: boolean, now: number): void {
  if (wrongKeys.isExhausted(address, now)) {
    throw problems.tooManyAttempts("Too many requests with a wrong API key. Try again later.", {
      headers: { "Retry-After": "60" },
    });
  }
  if (isGuess) wrongKeys.failed(address, now);
}

/** A browser can set no header on a WebSocket: it offers its key, as base64url, beside the subprotocol that it wants. */
function offeredToken(c: ApiContext): string | undefined {
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") return undefined;
  const encoded = /(?:^|[\s,])kerbside\.bearer\.([A-Za-z0-9_-]{1,400})(?:$|[\s,])/.exec(
    c.req.header("Sec-WebSocket-Protocol") ?? "",
  )?.[1];
  try {
    return encoded === undefined ? undefined : atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
}

/** [RFC 6750] 401 without a known key, 403 where it lacks the scope. */
export async function authorise(c: ApiContext, scope: Scope | "any", operation: string): Promise<Caller> {
  const caller = await callerOf(c);
  if (caller === null) {
    throw problems.unauthorized("A valid API key is required.", {
      headers: { "WWW-Authenticate": 'Bearer realm="kerbside"' },
    });
  }
  if (scope !== "any" && !caller.scopes.includes(scope)) {
    auditRefusal(c.env, caller.name, operation, scope, Date.now());
    throw problems.forbidden(
      caller.kind === "key"
        ? `This API key lacks the scope ${scope}.`
        : `No role of ACCESS_ROLES gives ${caller.name} the scope ${scope}.`,
    );
  }
  return caller;
}

/** A key speaks for itself, also where a browser has been let in by Access; without one it is Access that says who asks. */
async function callerOf(c: ApiContext): Promise<Caller | null> {
  const config = configOf(c.env);
  const authorization = c.req.header("Authorization");
  const token = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? offeredToken(c);
  const assertion = isSetUp(config) && authorization === undefined ? c.req.header(ASSERTION) : undefined;
  const address = addressKey(c.req.header("CF-Connecting-IP") ?? null);
  if (token !== undefined || assertion === undefined) {
    const key = token === undefined ? null : await findApiKey(token, config.API_KEYS);
    if (key === null) refuseGuessing(address, token !== undefined, Date.now());
    return key === null ? null : { ...key, kind: "key" };
  }
  if (isCrossSite(c.req.raw))
    throw problems.crossSite(
      "What changes something by way of Cloudflare Access must come from a page of this origin.",
    );
  try {
    const caller = await accessCaller(config, assertion, Date.now());
    if (caller === null) refuseGuessing(address, true, Date.now());
    return caller;
  } catch (error) {
    if (!(error instanceof KeysUnreachable)) throw error;
    tellUnreachable(error);
    const headers = { "Retry-After": "5" };
    throw problems.unavailable("Whom Cloudflare Access let in cannot be told now. Try again.", { headers });
  }
}
