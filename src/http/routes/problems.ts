/**
 * /v1/problems: what goes wrong in the fleet. Must not know how it is kept.
 */
import * as z from "zod/mini";
import { pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";

/** Security events of one answer: half of those that are kept; and those where none are asked for. */
const EVENTS_MAX = 500;
const EVENTS = 100;

export const problemRoutes = {
  listProblems: {
    method: "GET",
    path: "/v1/problems",
    scope: "stations:read",
    part: "list",
    summary: "Who is refused, by reason with the newest cases, and what stations reported as security events",
    query: z.strictObject({ limit: pageLimit(EVENTS_MAX, EVENTS) }),
  },
} as const satisfies Routes;
