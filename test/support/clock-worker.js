/**
 * The Worker with a clock that can be put forward and alarms that can be rung, so that hours pass in no time. Must not change
 * what the objects do.
 */
import worker, { ChargingStation as Real } from "../../src/worker.ts";

export { WebhookRegistry } from "../../src/worker.ts";

/** ms since the epoch of each station's alarm, in the clock that was put forward. */
const alarms = new Map();
let aheadMs = 0;
const realNow = Date.now;
Date.now = () => realNow() + aheadMs;

export class ChargingStation extends Real {
  constructor(ctx, env) {
    const { storage } = ctx;
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (at) => {
      alarms.set(ctx.id.name, Number(at));
      return setAlarm(at);
    };
    super(ctx, env);
  }

  /** As the runtime would: while its handler runs, an alarm is no longer set. */
  async ring() {
    alarms.delete(this.ctx.id.name);
    await this.ctx.storage.deleteAlarm();
    await super.alarm();
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const station = searchParams.get("station");
    if (pathname === "/clock") {
      aheadMs += Number(searchParams.get("forwardMs") ?? 0);
      return Response.json({ now: Date.now(), alarmAt: alarms.get(station) ?? null });
    }
    if (pathname === "/clock/ring") {
      await env.STATION.get(env.STATION.idFromName(station)).ring();
      return new Response(null, { status: 204 });
    }
    return worker.fetch(request, env, ctx);
  },
  queue: (batch, env) => worker.queue(batch, env),
};
