/**
 * Who calls the API, and whether its key has the scope. Must not know what a route does.
 */
import type { Context, MiddlewareHandler } from "hono";
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { findApiKey, type Scope } from "../security/api-key.ts";
import { problems } from "./problem.ts";

export interface ApiEnv {
  Bindings: Env;
  Variables: { requestId: string };
}
export type ApiContext = Context<ApiEnv>;

/** [RFC 6750] 401 without a known key, 403 where it lacks the scope. */
export function requireScope(scope: Scope): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const token = /^Bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    const key = token === undefined ? null : await findApiKey(token, configOf(c.env).API_KEYS);
    if (key === null) {
      throw problems.unauthorized("A valid API key is required.", {
        headers: { "WWW-Authenticate": 'Bearer realm="kerbside"' },
      });
    }
    if (!key.scopes.includes(scope)) throw problems.forbidden(`This API key lacks the scope ${scope}.`);
    await next();
  };
}
