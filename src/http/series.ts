/**
 * /v1/series: how the fleet stood over time. Must not know how that is kept.
 */
import { readSeriesOver, spanOf } from "../fleet/series/kept-series.ts";
import type { Handlers } from "./call.ts";
import { problems } from "./problem.ts";

export const seriesHandlers: Handlers<"getSeries"> = {
  async getSeries({ c, query }) {
    const { from = null, to = null } = query();
    const span = spanOf({ from, to }, Date.now());
    if (span === null) {
      const errors = [{ path: "/from", message: "must be before `to`, and not in the future" }];
      throw problems.invalid("The request is not valid.", { errors });
    }
    return c.json(await readSeriesOver(c.env.DIRECTORY, span));
  },
};
