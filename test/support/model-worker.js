/**
 * The Worker with a clock that can be set, and stations that can be crashed alone: `ctx.abort()` loses memory and sockets
 * and keeps the storage, as a process that dies does. Must not change anything else.
 */
import worker, { ChargingStation as Real } from "../../src/worker.ts";
import { shiftAlarms, shiftClock } from "./shifted-date.js";

export { WebhookRegistry } from "../../src/worker.ts";

let offsetMs = 0;

export class ChargingStation extends Real {
  constructor(ctx, env) {
    // The platform's alarms go by its own clock, which nobody can set.
    shiftAlarms(ctx.storage);
    super(ctx, env);
  }

  modelCrash() {
    this.ctx.abort("crashed by the test");
  }

  /** An alarm that was set by the clock before it changed rings by the clock as it is now. */
  async modelClock(deltaMs) {
    const at = await this.ctx.storage.getAlarm();
    if (at !== null) await this.ctx.storage.setAlarm(at - deltaMs);
  }
}

export default {
  ...worker,
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.startsWith("/model/")) return worker.fetch(request, env, ctx);
    const id = searchParams.get("station");
    const station = id === null ? null : env.STATION.get(env.STATION.idFromName(id));
    if (pathname === "/model/crash") await station.modelCrash().catch(() => {});
    if (pathname === "/model/wake") await station.deliverSoon();
    if (pathname === "/model/clock") {
      const before = offsetMs;
      offsetMs = Number(searchParams.get("ms"));
      shiftClock(offsetMs);
      // getAlarm adds the new offset to what the old one had set.
      await station?.modelClock(offsetMs - before);
    }
    return new Response(String(Date.now()));
  },
};
