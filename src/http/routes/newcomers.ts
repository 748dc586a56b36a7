/**
 * /v1/newcomers: who knocked and is not registered. Must not know how they are kept.
 */
import * as z from "zod/mini";
import { pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";

/** Newcomers of one page: all that there are. */
const PAGE_MAX_NEWCOMERS = 1_000;
/** Those of a page where none are asked for. */
const PAGE_NEWCOMERS = 100;
/** Characters: a cursor is a time and an identity. */
const CURSOR_MAX_LENGTH = 100;

const listQuery = z.strictObject({
  limit: pageLimit(PAGE_MAX_NEWCOMERS, PAGE_NEWCOMERS),
  cursor: z.optional(
    z
      .string()
      .check(
        z.maxLength(CURSOR_MAX_LENGTH),
        z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\/./, "the cursor of the page before"),
      ),
  ),
});

export const newcomerRoutes = {
  listNewcomers: {
    method: "GET",
    path: "/v1/newcomers",
    scope: "stations:read",
    part: "list",
    summary: "Who knocked and is not registered, newest first",
    query: listQuery,
  },
} as const satisfies Routes;
