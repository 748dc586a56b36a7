/**
 * The HTTP API: who may call, what a body must be, how errors look. Must not know stations' sockets.
 */
import { Hono } from "hono";
import { ConfigError, configOf } from "../config.ts";
import { log, messageOf } from "../log.ts";
import { transportOf } from "../security/transport.ts";
import { storageFaultOf } from "../storage-fault.ts";
import type { ApiEnv } from "./auth.ts";
import { commandRoutes } from "./commands.ts";
import { linkRoutes } from "./csms-link.ts";
import { metricsRoutes } from "./metrics.ts";
import { parseIdentity } from "../ocpp/identity.ts";
import { ProblemError, problemResponse, problems } from "./problem.ts";
import { stationRoutes } from "./stations.ts";
import { storageProblem } from "./storage-problem.ts";
import { webhookRoutes } from "./webhooks.ts";

export const app = new Hono<ApiEnv>();

app.use(async (c, next) => {
  const requestId = crypto.randomUUID();
  c.set("requestId", requestId);
  await next();
  // By `c.header` the answer would be made anew, and its body read as a stream.
  const { headers } = c.res;
  headers.set("X-Request-Id", requestId);
  headers.set("X-Content-Type-Options", "nosniff");
  // Answers hold passwords that are shown once, and states that are old a moment later.
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
});

/** Health alone is told in the clear and on any host: a key or a password is not. */
app.use(async (c, next) => {
  const { LOCAL, MTLS_HOSTS } = configOf(c.env);
  const url = new URL(c.req.url);
  if (!LOCAL && url.pathname !== "/healthz") {
    if (transportOf(url, MTLS_HOSTS) === "mtls") throw problems.notFound("This host serves Charging Stations alone.");
    if (url.protocol !== "https:") throw problems.httpsRequired("Use https: a key must not travel in the clear.");
  }
  await next();
});

app.get("/healthz", (c) => {
  // A deployment that cannot read its settings is not healthy.
  configOf(c.env);
  return c.json({ status: "ok" });
});
app.route("/v1/stations", stationRoutes);
app.route("/v1/stations", commandRoutes);
app.route("/v1/stations", linkRoutes);
app.route("/v1/webhooks", webhookRoutes);
app.route("/metrics", metricsRoutes);

/** [RFC 9110 §15.5.6] What answers another method here is told apart from what is not there. */
const methods = new Map<string, Set<string>>();
for (const { path, method } of app.routes) {
  if (method !== "ALL") methods.set(path, (methods.get(path) ?? new Set()).add(method));
}
for (const [path, allowed] of methods) {
  app.all(path, () => {
    const Allow = [...allowed].join(", ");
    throw problems.methodNotAllowed(`Answered here: ${Allow}.`, { headers: { Allow } });
  });
}

app.notFound((c) => problemResponse(problems.notFound(`Nothing answers ${c.req.method} here.`).problem));

app.onError((error, c) => {
  if (error instanceof ProblemError) return problemResponse(error.problem);
  log("error", "a request failed", { requestId: c.get("requestId"), path: c.req.path, reason: messageOf(error) });
  if (error instanceof ConfigError) return problemResponse(problems.internal("The service is not configured.").problem);
  const fault = storageFaultOf(error);
  if (fault !== null) return problemResponse(storageProblem(fault, whose(c.req.path)).problem);
  // An object that moves or restarts rejects what is under way; asked again, it answers.
  if ("retryable" in error || "overloaded" in error) {
    const headers = { "Retry-After": "5" };
    return problemResponse(problems.unavailable("The station cannot be reached now. Try again.", { headers }).problem);
  }
  return problemResponse(problems.internal("The request could not be handled.").problem);
});

/** The Charging Station that a path is about, if it is about one. */
function whose(path: string): string | null {
  const segment = /^\/v1\/stations\/([^/]+)/.exec(path)?.[1];
  const identity = segment === undefined ? null : parseIdentity(segment);
  return identity?.ok ? identity.value : null;
}
