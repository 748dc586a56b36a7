/**
 * /v1/key: what the key that asks is. Must not know how keys are kept.
 */
import type { Routes } from "./route.ts";

export const keyRoutes = {
  getKey: {
    method: "GET",
    path: "/v1/key",
    scope: "any",
    part: "none",
    summary: "What the key that asks is: its name, its scopes and its part of the fleet",
  },
} as const satisfies Routes;
