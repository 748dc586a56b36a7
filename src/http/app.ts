/**
 * The HTTP API: who may call, what a body must be, how errors look. Must not know stations' sockets.
 */
import { HonoBase } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import { ConfigError, configOf } from "../config.ts";
import { log, messageOf } from "../log.ts";
import { transportOf } from "../security/transport.ts";
import { storageFaultOf } from "../storage-fault.ts";
import { assetOf } from "./pages/assets.ts";
import type { ApiEnv } from "./auth.ts";
import { auditHandlers } from "./audit.ts";
import { campaignHandlers } from "./campaigns.ts";
import { commandHandlers } from "./commands.ts";
import { descriptionHandlers } from "./pages/description.ts";
import { linkHandlers } from "./csms-link.ts";
import { fleetProblemHandlers } from "./fleet-problems.ts";
import { historyHandlers } from "./history.ts";
import { keyHandlers } from "./key.ts";
import { liveHandlers } from "./live.ts";
import { mount } from "./mount.ts";
import { newcomerHandlers } from "./newcomers.ts";
import { operationHandlers } from "./operations.ts";
import { parseIdentity } from "../ocpp/identity.ts";
import { ProblemError, problemResponse, problems } from "./problem.ts";
import { seriesHandlers } from "./series.ts";
import { settingsHandlers } from "./settings.ts";
import { stationListHandlers } from "./station-list.ts";
import { crlHandlers } from "./crls.ts";
import { pkiHandlers } from "./revocations.ts";
import { stationOperationHandlers } from "./station-operations.ts";
import { stationHandlers } from "./stations.ts";
import { storageProblem } from "./storage-problem.ts";
import { webhookHandlers } from "./webhooks.ts";

/** With the one router that takes a name and a parameter in the same place: by itself Hono would bring another, try it, and leave it. */
export const app = new HonoBase<ApiEnv>({ router: new TrieRouter() });

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

mount(app, {
  ...operationHandlers,
  ...keyHandlers,
  ...seriesHandlers,
  ...fleetProblemHandlers,
  ...settingsHandlers,
  ...descriptionHandlers,
  ...stationListHandlers,
  ...stationHandlers,
  ...stationOperationHandlers,
  ...linkHandlers,
  ...commandHandlers,
  ...historyHandlers,
  ...liveHandlers,
  ...webhookHandlers,
  ...pkiHandlers,
  ...crlHandlers,
  ...newcomerHandlers,
  ...auditHandlers,
  ...campaignHandlers,
});

app.notFound(
  async (c) =>
    (await assetOf(c.env, c.req.method, c.req.path)) ??
    problemResponse(problems.notFound(`Nothing answers ${c.req.method} here.`).problem),
);

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
