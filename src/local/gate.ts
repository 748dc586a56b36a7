/**
 * The local edge's entry module: the Worker behind a check that a request came through a front, since workerd's own port
 * is open to every process on the machine. Must not know what the Worker does.
 */
import type { Env } from "../env.ts";
import worker from "../worker.ts";
import { RateLimiter, type RateLimiterOptions } from "./rate-limiter.ts";

export * from "../worker.ts";

interface LocalEnv extends Env {
  FRONT_SECRET: string;
  /** By the name of the binding. */
  RATE_LIMITS: Record<string, RateLimiterOptions>;
}

const HEADER = "X-Kerbside-Front";
const DISCARDED_BYTES_MAX = 16 * 1024 * 1024;
const encoder = new TextEncoder();
/** Made once an isolate: the Worker keeps what it read out of an environment by that object. */
let environment: { given: LocalEnv; made: Env } | null = null;

function withRateLimits(env: LocalEnv): Env {
  if (environment?.given !== env) {
    const limiters = Object.entries(env.RATE_LIMITS).map(([name, options]) => [
      name,
      new RateLimiter(options, Date.now),
    ]);
    environment = { given: env, made: { ...env, ...Object.fromEntries(limiters) } };
  }
  return environment.made;
}

function isFromFront(request: Request, secret: string): boolean {
  const given = encoder.encode(request.headers.get(HEADER) ?? "");
  const wanted = encoder.encode(secret);
  // timingSafeEqual throws where lengths differ; the length is no secret.
  return given.byteLength === wanted.byteLength && crypto.subtle.timingSafeEqual(given, wanted);
}

/**
 * workerd closes a connection whose body nobody read; the front's next write then fails, and with it goes the answer.
 * What the Worker refused unread, 413 for one, would reach the client as 502.
 */
async function discardBody(request: Request): Promise<void> {
  if (request.body === null || request.bodyUsed) return;
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > DISCARDED_BYTES_MAX) return;
  }
}

export default {
  ...worker,
  async fetch(request: Parameters<NonNullable<typeof worker.fetch>>[0], env: LocalEnv, ctx: ExecutionContext) {
    if (!isFromFront(request, env.FRONT_SECRET))
      return new Response("Use the local edge's own ports.\n", { status: 403 });
    const inner = new Request(request);
    inner.headers.delete(HEADER);
    inner.headers.delete("MF-CF-Blob");
    const response = await worker.fetch(inner as typeof request, withRateLimits(env), ctx);
    // An answer that is no error may itself be made of the body.
    if (response.status >= 400) await discardBody(inner).catch(() => {});
    return response;
  },
};
