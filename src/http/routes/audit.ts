/**
 * /v1/audit: who did what. Must not know how it is kept.
 */
import * as z from "zod/mini";
import { auditPlace } from "../../fleet/audit-place.ts";
import { pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";

/** Entries of one page. */
const PAGE_MAX_ENTRIES = 500;
/** Those of a page where none are asked for. */
const PAGE_ENTRIES = 100;
/** Characters: a cursor is a time, an operation and a key's name. */
const PLACE_MAX_LENGTH = 200;
/** Characters of a key's name, or of an e-mail address; and of an identity. */
const NAME_MAX_LENGTH = 254;
const IDENTITY_MAX_LENGTH = 48;

const place = z.pipe(
  z.string().check(z.maxLength(PLACE_MAX_LENGTH)),
  z.transform((text: string, { issues }) => {
    const found = auditPlace(text);
    if (found !== null) return found;
    issues.push({ code: "custom", message: "a time, as 2026-01-31T12:00:00Z, or the cursor of a page", input: text });
    return z.NEVER;
  }),
);

const listQuery = z.strictObject({
  before: z.optional(place),
  after: z.optional(place),
  actor: z.optional(z.string().check(z.minLength(1), z.maxLength(NAME_MAX_LENGTH))),
  stationId: z.optional(z.string().check(z.minLength(1), z.maxLength(IDENTITY_MAX_LENGTH))),
  limit: pageLimit(PAGE_MAX_ENTRIES, PAGE_ENTRIES),
});

export const auditRoutes = {
  listAudit: {
    method: "GET",
    path: "/v1/audit",
    scope: "audit:read",
    part: "list",
    summary: "Who changed or commanded what, newest first",
    query: listQuery,
  },
} as const satisfies Routes;
