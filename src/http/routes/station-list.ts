/**
 * GET /v1/stations and its summary: the fleet as its directory has it. Must not know how the directory keeps it.
 */
import * as z from "zod/mini";
import { OFFLINE_KINDS } from "../../fleet/offline-reason.ts";
import { LIST_SORTS } from "../../list-cursor.ts";
import { PROTOCOLS } from "../../ocpp/protocol.ts";
import { pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";

/** Characters of a filter: as many as what it is compared with may have. */
const TEXT_MAX_LENGTH = 255;
/** Of a cursor: an id of 48 characters and what is around it have far less. */
const CURSOR_MAX_LENGTH = 500;
/** Stations of one page: with the longest labels 29 MB, and an answer may have 32 MiB. */
const PAGE_MAX_STATIONS = 1_000;
/** Those of a page where none are asked for. */
const PAGE_STATIONS = 100;

const text = z.string().check(z.maxLength(TEXT_MAX_LENGTH));
const flag = z.optional(
  z.pipe(
    z.enum(["true", "false"]),
    z.transform((value) => value === "true"),
  ),
);
const DAY_LENGTH = "2027-01-31".length;
/** Date.parse makes March of February's 30th. */
const isDay = (day: string) => new Date(day).getUTCDate() === Number(day.slice("2027-01-".length));
/** [RFC 3339] A date, or an instant with its zone: a local time would be another one for each who reads it. */
export const instant = z.pipe(
  z.pipe(
    z
      .string()
      .check(
        z.regex(
          /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/,
          "an ISO 8601 date, or a time with its zone",
        ),
      ),
    z.transform((value: string) => (isDay(value.slice(0, DAY_LENGTH)) ? Date.parse(value) : Number.NaN)),
  ),
  z.number({ error: "no such time" }),
);

const listQuery = z.catchall(
  z.object({
    online: flag,
    undelivered: flag,
    hasCsms: flag,
    protocol: z.optional(z.enum(PROTOCOLS)),
    securityProfile: z.optional(z.pipe(z.enum(["0", "1", "2", "3"]), z.transform(Number))),
    certificateExpiresBefore: z.optional(instant),
    offlineSince: z.optional(instant),
    offlineKind: z.optional(z.enum(OFFLINE_KINDS)),
    vendor: z.optional(text),
    model: z.optional(text),
    q: z.optional(text),
    sort: z._default(z.enum(LIST_SORTS), "id"),
    limit: pageLimit(PAGE_MAX_STATIONS, PAGE_STATIONS),
    cursor: z.optional(z.string().check(z.maxLength(CURSOR_MAX_LENGTH))),
  }),
  text,
);

export const stationListRoutes = {
  listStations: {
    method: "GET",
    path: "/v1/stations",
    scope: "stations:read",
    part: "list",
    summary: "The Charging Stations of the fleet, page by page",
    query: listQuery,
  },
  findStations: {
    method: "GET",
    path: "/v1/search",
    scope: "stations:read",
    part: "list",
    summary: "The Charging Station that a command was for, or those that show a certificate",
    query: z.strictObject({ q: text.check(z.minLength(1)) }),
  },
  getFleetSummary: {
    method: "GET",
    path: "/v1/stations/summary",
    scope: "stations:read",
    part: "fleet",
    summary: "How many Charging Stations there are of each kind",
  },
} as const satisfies Routes;
