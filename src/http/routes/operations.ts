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
  getDescription: {
    method: "GET",
    path: "/openapi.json",
    scope: null,
    part: "none",
    summary: "The description of this API, OpenAPI 3.1",
  },
  getProblem: {
    method: "GET",
    path: "/problems/{slug}",
    scope: null,
    part: "none",
    summary: "What a type of problem means, and what to do",
  },
} as const satisfies Routes;
