/**
 * The Worker under a clock that is off by what the last request said in a header, alarms included: the runtime's own clock
 * stays right. Must not change what it does.
 */
import { shiftAlarms, shiftClock } from "../support/shifted-date.js";
import worker, { ChargingStation as Real } from "../../src/worker.ts";

export * from "../../src/worker.ts";

const HEADER = "x-chaos-clock";

export class ChargingStation extends Real {
  constructor(ctx, env) {
    shiftAlarms(ctx.storage);
    super(ctx, env);
  }
}

export default {
  ...worker,
  fetch(request, env, ctx) {
    const offset = request.headers.get(HEADER);
    if (offset !== null) shiftClock(Number(offset));
    return worker.fetch(request, env, ctx);
  },
};
