/**
 * /v1/settings: what a deployment runs with. Must not know any setting.
 */
import type { Routes } from "./route.ts";

export const settingsRoutes = {
  getSettings: {
    method: "GET",
    path: "/v1/settings",
    // Who may see who did what may see who may do what.
    scope: "audit:read",
    part: "fleet",
    summary: "What this deployment runs with, and its keys: no secret, and no hash of one",
  },
} as const satisfies Routes;
