/**
 * The Worker: stations go to http/connect, everything else to the API. Must not decide anything itself.
 */
import { configOf } from "./config.ts";
import type { Env } from "./env.ts";
import { pruneAudit } from "./fleet/audit-list.ts";
import { forgetOldCampaign } from "./fleet/campaigns/old-campaign.ts";
import { consume } from "./fleet/consumer.ts";
import { writePoints } from "./fleet/metrics/points.ts";
import { reconcile } from "./fleet/reconciliation.ts";
import { takeSample } from "./fleet/series/kept-series.ts";
import type { FleetMessage } from "./fleet/transition.ts";
import { app } from "./http/app.ts";
import { connect, isConnect } from "./http/connect.ts";
import { log, messageOf } from "./log.ts";
import { fetchCrls } from "./pki/crl-urls.ts";
import { sweepPage } from "./pki/sweep.ts";
import { replayPage } from "./webhooks/replay.ts";

export { Campaign } from "./fleet/campaigns/campaign.ts";
export { WebhookRegistry } from "./webhooks/webhook-registry.ts";
export { ChargingStation } from "./station/charging-station.ts";

/** As wrangler.toml has it; the other is every five minutes. */
const EACH_MINUTE = "* * * * *";

export default {
  fetch(request, env, ctx) {
    const url = new URL(request.url);
    // Outside of the app: middleware that sets a header turns a 101 into a 500.
    return isConnect(url) ? connect(request, url, env, ctx) : app.fetch(request, env, ctx);
  },
  async queue(batch, env) {
    await consume(batch.messages, env, { replay: replayPage, revoked: sweepPage });
  },
  async scheduled({ cron }, env) {
    const now = Date.now();
    if (cron === EACH_MINUTE) return takeSample(env.DIRECTORY, now);
    // The one that fails must not keep the others from their turn.
    const done = await Promise.allSettled([
      pruneAudit(env.DIRECTORY, configOf(env).AUDIT_DAYS, now),
      reconcile(env, now),
      forgetOldCampaign(env, now),
      writePoints(env, now),
      fetchCrls(env, now),
    ]);
    for (const each of done)
      if (each.status === "rejected")
        log("warn", "what the clock asks for was not done", { reason: messageOf(each.reason) });
  },
} satisfies ExportedHandler<Env, FleetMessage>;
