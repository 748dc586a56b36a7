/**
 * GET /v1/stations and its summary: what is asked for, as the directory takes it. Must not know its tables.
 */
import type { output } from "zod/v4/core";
import { offlineRow } from "../fleet/station-entry.ts";
import { findStations } from "../fleet/station-search.ts";
import { type DirectoryQuery, listStations } from "../fleet/station-list.ts";
import { standingOf } from "../fleet/fleet-standing.ts";
import { summarize } from "../fleet/fleet-sums.ts";
import { questionOf, readCursor, writeCursor } from "../list-cursor.ts";
import { log, messageOf } from "../log.ts";
import { offlineReason } from "../fleet/offline-reason.ts";
import { inTime } from "../time-limit.ts";
import type { ApiContext } from "./auth.ts";
import { faulty, parameter, stationIdOf } from "./body.ts";
import type { Handlers } from "./call.ts";
import { LABEL_NAME_RULE } from "./routes/label-name.ts";
import type { stationListRoutes } from "./routes/station-list.ts";

/** Each is a condition more on every row that is looked at. */
const LABEL_FILTERS_MAX = 10;
const LABEL = "label.";

export const stationListHandlers: Handlers<"listStations" | "findStations" | "getFleetSummary"> = {
  /** A page that is short, or empty, is the last only where its cursor is null. */
  async listStations({ c, query, within }) {
    const question = questionOf(new URL(c.req.url).searchParams);
    const wanted = readListQuery(query(), question);
    return within(async (reach) => {
      const { stations, next } = await listStations(c.env.DIRECTORY, reach, wanted, Date.now());
      return c.json({ stations, cursor: next === null ? null : writeCursor(question, next) });
    });
  },

  async findStations({ c, query, within }) {
    const { q } = query();
    return within(async (reach) => c.json({ found: await findStations(c.env.DIRECTORY, reach, q) }));
  },

  async getFleetSummary({ c }) {
    const sums = await summarize(c.env.DIRECTORY);
    return c.json({ ...sums, ...(await standingOf(c.env.DIRECTORY, sums.stations, Date.now())) });
  },
};

/** ms the directory has for what it adds to a view; without it the object's own word stands. */
const ADDED_WITHIN_MS = 1_000;

/** Of a station that is off: since when, where its object does not know it, and what was refused since. */
export async function offlineView(
  c: ApiContext,
  { offlineSince }: { offlineSince?: string },
): Promise<{ offlineSince?: string; offlineReason?: string }> {
  const stationId = stationIdOf(c);
  try {
    const row = await inTime(offlineRow(c.env.DIRECTORY, stationId), ADDED_WITHIN_MS, "the directory");
    const { since = null, refusals = null } = row ?? {};
    const isLater = refusals !== null && refusals.since >= Date.parse(offlineSince ?? since ?? "1970-01-01");
    return {
      ...(offlineSince === undefined && since !== null && { offlineSince: since }),
      ...(isLater && { offlineReason: offlineReason(null, refusals, Date.now()) }),
    };
  } catch (error) {
    log("warn", "the directory did not say why a station is off", { stationId, reason: messageOf(error) });
    return {};
  }
}

type ListQuery = output<(typeof stationListRoutes)["listStations"]["query"]>;

function readListQuery(query: ListQuery, question: string): DirectoryQuery {
  const { sort, limit, cursor, online, undelivered, hasCsms, protocol, securityProfile, ...others } = query;
  const { certificateExpiresBefore, offlineSince, offlineKind, vendor, model, q, ...rest } = others;
  const unknown = Object.keys(rest).filter((name) => !name.startsWith(LABEL));
  if (unknown.length > 0) throw faulty(unknown.map(parameter), "unknown parameter");
  const labels = Object.entries(rest).map(([name, value]) => [name.slice(LABEL.length), String(value)] as const);
  if (labels.length > LABEL_FILTERS_MAX) {
    const [name] = labels[LABEL_FILTERS_MAX] ?? [""];
    throw faulty([parameter(`${LABEL}${name}`)], `at most ${LABEL_FILTERS_MAX} label filters`);
  }
  if (labels.some(([name]) => name === "")) throw faulty([parameter(LABEL)], LABEL_NAME_RULE);
  const after = cursor === undefined ? null : readCursor(question, cursor);
  if (cursor !== undefined && after === null)
    throw faulty(
      ["/cursor"],
      "not a cursor of this question: take it from the page before, with the same filters and sort",
    );
  return {
    ...{
      online: online ?? null,
      undelivered: undelivered ?? null,
      hasCsms: hasCsms ?? null,
      labels,
      sort,
      limit,
      after,
    },
    ...{ protocol: protocol ?? null, securityProfile: securityProfile ?? null },
    ...{ certificateExpiresBefore: certificateExpiresBefore ?? null, offlineSince: offlineSince ?? null },
    offlineKind: offlineKind ?? null,
    ...{ vendor: vendor ?? null, model: model ?? null, query: q ?? null },
  };
}
