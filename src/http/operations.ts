/**
 * Health, and /metrics in Prometheus' text format. TLS and mTLS are told apart in every figure; must not name a station.
 */
import { configOf } from "../config.ts";
import { readMetrics } from "../fleet/metrics/read-metrics.ts";
import type { Handlers } from "./call.ts";
import { EXPOSITION_TYPE, exposition } from "./exposition.ts";

export const operationHandlers: Handlers<"getHealth" | "getMetrics"> = {
  getHealth({ c }) {
    // A deployment that cannot read its settings is not healthy.
    configOf(c.env);
    return c.json({ status: "ok" });
  },

  async getMetrics({ c }) {
    const text = exposition(await readMetrics(c.env, Date.now()));
    return c.text(text, 200, { "content-type": EXPOSITION_TYPE });
  },
};
