/**
 * /v1/campaigns: one command to many stations. Must not know how a campaign runs.
 */
import * as z from "zod/mini";
import { MEMBER_STATES } from "../../fleet/campaigns/campaign-outcome.ts";
import { OFFLINE_KINDS } from "../../fleet/offline-reason.ts";
import { auditPlace } from "../../fleet/audit-place.ts";
import { PROTOCOLS } from "../../ocpp/protocol.ts";
import { LABEL_NAME, LABEL_NAME_RULE } from "./label-name.ts";
import { pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";
import { instant } from "./station-list.ts";

/** Characters of a campaign's name. */
const NAME_MAX_LENGTH = 100;
/** Characters, as of any command's action. */
const ACTION_MAX_LENGTH = 64;
/** Stations that are named in one request: with the longest identities 520 KB. */
export const NAMED_MAX = 10_000;
/** Stations a second: more at once would be a storm of answers. */
const RATE_MAX = 100;
/** [interface.md §2] A week: what a command may wait for a station. */
const EXPIRES_MAX_SECONDS = 604_800;
/** Labels of a filter, each a condition on every row. */
const LABEL_FILTERS_MAX = 10;
/** Characters of a filter: as many as what it is compared with may have. */
const TEXT_MAX_LENGTH = 255;
/** Characters of the longest identity. */
const IDENTITY_MAX_LENGTH = 48;
/** Campaigns, or stations of one, on a page; and where none are asked for. */
const PAGE_MAX = 1_000;
const PAGE = 100;
/** Characters: a cursor is a time and an id. */
const CURSOR_MAX_LENGTH = 100;

const text = z.string().check(z.maxLength(TEXT_MAX_LENGTH));
/** ms since the epoch; an object takes no alarm of the year 2190. */
const START_BEFORE = Date.UTC(2100, 0, 1);

const filter = z.strictObject({
  online: z.exactOptional(z.boolean()),
  undelivered: z.exactOptional(z.boolean()),
  hasCsms: z.exactOptional(z.boolean()),
  protocol: z.exactOptional(z.enum(PROTOCOLS)),
  securityProfile: z.exactOptional(z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])),
  certificateExpiresBefore: z.exactOptional(instant),
  offlineSince: z.exactOptional(instant),
  offlineKind: z.exactOptional(z.enum(OFFLINE_KINDS)),
  vendor: z.exactOptional(text),
  model: z.exactOptional(text),
  q: z.exactOptional(text),
  labels: z.exactOptional(
    z.record(z.string().check(z.regex(LABEL_NAME, LABEL_NAME_RULE)), text).check(
      z.refine((record) => Object.keys(record).length <= LABEL_FILTERS_MAX, {
        error: `at most ${LABEL_FILTERS_MAX} label filters`,
      }),
    ),
  ),
});

const creation = z
  .strictObject({
    name: z.string().check(z.minLength(1), z.maxLength(NAME_MAX_LENGTH)),
    action: z.string().check(z.minLength(1), z.maxLength(ACTION_MAX_LENGTH)),
    payload: z.record(z.string(), z.unknown()),
    filter: z.exactOptional(filter),
    stationIds: z.exactOptional(
      z
        .array(z.string().check(z.minLength(1), z.maxLength(IDENTITY_MAX_LENGTH)))
        .check(z.minLength(1), z.maxLength(NAMED_MAX)),
    ),
    ratePerSecond: z._default(z.int().check(z.minimum(1), z.maximum(RATE_MAX)), 10),
    expiresInSeconds: z._default(z.int().check(z.minimum(0), z.maximum(EXPIRES_MAX_SECONDS)), 0),
    startAt: z.exactOptional(instant.check(z.refine((at) => at < START_BEFORE, { error: "before the year 2100" }))),
    dryRun: z._default(z.boolean(), false),
  })
  .check(
    z.refine(({ filter: by, stationIds }) => (by === undefined) !== (stationIds === undefined), {
      error: "either filter, which may be {} for all stations, or stationIds",
    }),
  );

const limit = pageLimit(PAGE_MAX, PAGE);

const listQuery = z.strictObject({
  limit,
  cursor: z.optional(
    z.pipe(
      z.string().check(z.maxLength(CURSOR_MAX_LENGTH)),
      z.transform((value: string, { issues }) => {
        const found = auditPlace(value);
        if (found !== null) return found;
        issues.push({ code: "custom", message: "the cursor of the page before", input: value });
        return z.NEVER;
      }),
    ),
  ),
});
const stationsQuery = z.strictObject({
  state: z.optional(z.enum(MEMBER_STATES)),
  limit,
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(IDENTITY_MAX_LENGTH))),
});

export const campaignRoutes = {
  createCampaign: {
    method: "POST",
    path: "/v1/campaigns",
    scope: "campaigns:write",
    part: "list",
    summary: "Send one command to many Charging Stations, so many a second",
    body: creation,
  },
  listCampaigns: {
    method: "GET",
    path: "/v1/campaigns",
    scope: "campaigns:write",
    part: "list",
    summary: "The campaigns, newest first",
    query: listQuery,
  },
  getCampaign: {
    method: "GET",
    path: "/v1/campaigns/{campaignId}",
    scope: "campaigns:write",
    part: "list",
    summary: "A campaign, and how far it has come",
  },
  pauseCampaign: {
    method: "POST",
    path: "/v1/campaigns/{campaignId}/pause",
    scope: "campaigns:write",
    part: "list",
    summary: "Send nothing more until it is resumed",
  },
  resumeCampaign: {
    method: "POST",
    path: "/v1/campaigns/{campaignId}/resume",
    scope: "campaigns:write",
    part: "list",
    summary: "Go on with a paused campaign",
  },
  cancelCampaign: {
    method: "POST",
    path: "/v1/campaigns/{campaignId}/cancel",
    scope: "campaigns:write",
    part: "list",
    summary: "Send nothing more, and take back what still waits",
  },
  listCampaignStations: {
    method: "GET",
    path: "/v1/campaigns/{campaignId}/stations",
    scope: "campaigns:write",
    part: "list",
    summary: "What became of a campaign's command at each station",
    query: stationsQuery,
  },
} as const satisfies Routes;
