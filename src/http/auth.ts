/**
 * Who calls the API, and whether its key has the scope. Must not know what a route does.
 */
import type { Context } from "hono";
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { auditRefusal } from "../fleet/audit.ts";
import { type ApiKey, findApiKey, type Scope } from "../security/api-key.ts";
import { addressKey, FailedAttempts } from "../security/attempts.ts";
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
export async function authorise(c: ApiContext, scope: Scope | "any", operation: string): Promise<ApiKey> {
  const token = /^Bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? offeredToken(c);
  const key = token === undefined ? null : await findApiKey(token, configOf(c.env).API_KEYS);
  if (key === null) {
    refuseGuessing(addressKey(c.req.header("CF-Connecting-IP") ?? null), token !== undefined, Date.now());
    throw problems.unauthorized("A valid API key is required.", {
      headers: { "WWW-Authenticate": 'Bearer realm="kerbside"' },
    });
  }
  if (scope !== "any" && !key.scopes.includes(scope)) {
    auditRefusal(c.env, key.name, operation, scope, Date.now());
    throw problems.forbidden(`This API key lacks the scope ${scope}.`);
  }
  return key;
}
