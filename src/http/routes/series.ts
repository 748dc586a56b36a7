/**
 * /v1/series: how the fleet stood over time. Must not know how that is kept.
 */
import * as z from "zod/mini";
import type { Routes } from "./route.ts";
import { instant } from "./station-list.ts";

const seriesQuery = z.strictObject({ from: z.optional(instant), to: z.optional(instant) });

export const seriesRoutes = {
  getSeries: {
    method: "GET",
    path: "/v1/series",
    scope: "metrics:read",
    part: "fleet",
    summary: "How the fleet stood over time: minutes of the last day, hours of the last month",
    query: seriesQuery,
  },
} as const satisfies Routes;
