/**
 * What is asked of the service itself. Must not know the figures.
 */
import type { Routes } from "./route.ts";

export const operationRoutes = {
  getHealth: { method: "GET", path: "/healthz", scope: null, part: "none", summary: "Whether the service is up" },
  getMetrics: {
    method: "GET",
    path: "/metrics",
    scope: "metrics:read",
    part: "fleet",
    summary: "The fleet's figures in Prometheus' text format",
  },
} as const satisfies Routes;
