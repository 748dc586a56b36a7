/**
 * The Worker: stations go to http/connect, everything else to the API. Must not decide anything itself.
 */
import type { Env } from "./env.ts";
import { applyTransitions } from "./fleet/directory.ts";
import { removeRegistration } from "./fleet/registrations.ts";
import { replayPage } from "./fleet/replay.ts";
import type { FleetMessage } from "./fleet/transition.ts";
import { app } from "./http/app.ts";
import { connect, isConnect } from "./http/connect.ts";

export { WebhookRegistry } from "./fleet/webhook-registry.ts";
export { ChargingStation } from "./station/charging-station.ts";

export default {
  fetch(request, env, ctx) {
    const url = new URL(request.url);
    // Outside of the app: middleware that sets a header turns a 101 into a 500.
    return isConnect(url) ? connect(request, url, env, ctx) : app.fetch(request, env, ctx);
  },
  async queue(batch, env) {
    const messages = batch.messages.map(({ body }) => body);
    const transitions = messages.filter((message) => "stationId" in message);
    if (transitions.length > 0) await applyTransitions(env.DIRECTORY, transitions);
    for (const { stationId, sequence, station } of transitions) {
      // As an older release said it: its rows have no incarnation.
      if (station === null) await removeRegistration(env.DIRECTORY, stationId, { incarnation: "", head: sequence });
    }
    for (const message of messages) if ("replayAfter" in message) await replayPage(env, message);
  },
} satisfies ExportedHandler<Env, FleetMessage>;
