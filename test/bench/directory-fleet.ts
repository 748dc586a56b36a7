/**
 * A directory on its own workerd, filled with a fleet of a given size, and the questions that are asked of it. Must not know what is
 * done with the answers.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_splitSqlQuery } from "wrangler";
import type { Transition } from "../../src/fleet/transition.ts";

const SOURCE = fileURLToPath(new URL("../..", import.meta.url));
/** Stations of one statement. */
const FILL = 1_000;
const DAY_MS = 86_400_000;
export const PAGE = 100;
/** ms since the epoch, of the fleet's last change. */
const AT = Date.UTC(2026, 10, 1);

/** As src/fleet/station-list.ts has it. */
type DirectoryQuery = Readonly<Record<string, unknown>>;
export type Asked =
  | { kind: "run"; statements: string[] }
  | { kind: "insert" | "update"; transitions: Transition[] }
  | { kind: "list"; query: DirectoryQuery }
  | { kind: "summary" | "bare" };
export interface Told {
  ms: number;
  rowsRead: number;
  rowsWritten: number;
  stations: number;
  /** Where the page ended. */
  next: unknown;
}

export interface BenchDirectory {
  ask(asked: Asked): Promise<Told>;
  stop(): Promise<void>;
}

export async function startDirectory(stations: number): Promise<BenchDirectory> {
  const bundle = await build({
    entryPoints: [join(SOURCE, "test/bench/directory-worker.js")],
    ...{ bundle: true, format: "esm", target: "es2024", write: false, external: ["cloudflare:*"] },
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: bundle.outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-11-17",
      d1Databases: { DIRECTORY: "directory" },
    } as never) as never,
  );
  const ask = async (asked: Asked): Promise<Told> => {
    const body = JSON.stringify(asked);
    const response = await miniflare.dispatchFetch("http://directory/", { method: "POST", body });
    const text = await response.text();
    if (!response.ok) throw new Error(text.slice(0, 2_000));
    return JSON.parse(text) as Told;
  };
  const migrations = join(SOURCE, "src/fleet/migrations");
  for (const name of readdirSync(migrations).sort()) {
    await ask({ kind: "run", statements: unstable_splitSqlQuery(readFileSync(join(migrations, name), "utf8")) });
  }
  for (let first = 0; first < stations; first += FILL) {
    const transitions = Array.from({ length: Math.min(FILL, stations - first) }, (_, index) =>
      stationOf(first + index),
    );
    await ask({ kind: "insert", transitions });
  }
  return { ask, stop: () => miniflare.dispose() };
}

/** As a fleet is: nine in ten online, a few vendors have most of it, a few stations have what is looked for. */
export function stationOf(index: number): Transition {
  const online = index % 10 !== 3;
  const vendor = index % 200 === 0 ? `Small ${index % 9_000}` : `Vendor ${index % 7}`;
  return {
    ...{
      stationId: `SITE${String((index * 7_919) % 997).padStart(3, "0")}-CP${String(index).padStart(6, "0")}`,
      at: AT - index * 1_000,
    },
    ...{ incarnation: "one", sequence: 1, revision: 0 },
    station: {
      registeredProfile: (index % 3) + 1,
      labels: {
        site: `site-${index % 500}`,
        region: ["north", "south", "east", "west"][index % 4] as string,
        tier: "1",
      },
      ...{ online, protocol: online ? (index % 5 === 0 ? "ocpp1.6" : "ocpp2.0.1") : null },
      ...{ securityProfile: online ? (index % 3) + 1 : null, vendor, model: `Model ${index % 300}` },
      ...{ serialNumber: `SN-${(index * 104_729) % 10_000_019}`, undelivered: index % 5_000 === 0 },
      certificateNotAfter: index % 3 === 2 ? AT + (index % 730) * DAY_MS : null,
      hasCsms: index % 1_000 !== 0,
      disconnect: online ? null : { at: AT - (index % 100_000) * 1_000, code: 1001, reason: "" },
    },
  };
}

const QUERY: DirectoryQuery = {
  ...{ online: null, protocol: null, securityProfile: null, vendor: null, model: null, labels: [] },
  ...{ certificateExpiresBefore: null, offlineSince: null, offlineKind: null, undelivered: null, hasCsms: null },
  query: null,
  ...{ sort: "id", limit: PAGE, after: null },
};

/** Each filter, with many stations and with few, `q` too; each order; and some of them together. */
export function questions(stations: number): [name: string, query: DirectoryQuery, isAlone: boolean][] {
  const middle = { key: 0, id: stationOf(stations >> 1).stationId };
  const one = stationOf(Math.floor(stations * 0.42)).stationId;
  const alone: [string, Partial<DirectoryQuery>][] = [
    ["list", {}],
    ["list, from its middle", { after: middle }],
    ["online=true", { online: true, after: middle }],
    ["online=false", { online: false }],
    ["protocol", { protocol: "ocpp1.6" }],
    ["securityProfile", { securityProfile: 2 }],
    ["vendor", { vendor: "Vendor 3" }],
    ["model", { model: "Model 17" }],
    ["label.region (a fourth)", { labels: [["region", "north"]] }],
    ["label.site (one in 500)", { labels: [["site", "site-42"]] }],
    ["undelivered=true", { undelivered: true }],
    ["undelivered=false", { undelivered: false }],
    ["hasCsms=true", { hasCsms: true }],
    ["hasCsms=false", { hasCsms: false }],
    ["certificateExpiresBefore (few)", { certificateExpiresBefore: AT + DAY_MS }],
    ["certificateExpiresBefore (many)", { certificateExpiresBefore: AT + 365 * DAY_MS }],
    ["offlineSince (few)", { offlineSince: AT - Math.max(0, Math.min(stations, 100_000) - 500) * 1_000 }],
    ["offlineSince (many)", { offlineSince: AT }],
    ["q of one id", { query: one }],
    ["q of a serial number", { query: "sn-104729" }],
    ["q of a vendor (a seventh)", { query: "vendor 3" }],
    ["q of every id", { query: "SITE" }],
    ["q of nothing", { query: "no such thing" }],
    ["q of two letters", { query: "si" }],
    ["sort=changed", { sort: "changed" }],
    ["sort=offline", { sort: "offline" }],
    ["sort=changed, vendor", { sort: "changed", vendor: "Vendor 3" }],
    ["sort=offline, online=false", { sort: "offline", online: false }],
    ["sort=offline, label.region", { sort: "offline", labels: [["region", "north"]] }],
    ["sort=changed, q of every id", { sort: "changed", query: "SITE" }],
  ];
  const together: [string, Partial<DirectoryQuery>][] = [
    ["vendor, online=false", { vendor: "Vendor 3", online: false }],
    [
      "two labels, q",
      {
        query: "cp0",
        labels: [
          ["region", "north"],
          ["site", "site-42"],
        ],
      },
    ],
    [
      "many and none",
      { vendor: "Vendor 3", model: "Model 17", online: true, hasCsms: true, securityProfile: 1, query: "zzz" },
    ],
    ["many and many", { sort: "offline", online: true, hasCsms: true, undelivered: false, query: "SITE" }],
  ];
  const whole = ([name, query]: [string, Partial<DirectoryQuery>]) => [name, { ...QUERY, ...query }] as const;
  return [
    ...alone.map((each): [string, DirectoryQuery, boolean] => [...whole(each), true]),
    ...together.map((each): [string, DirectoryQuery, boolean] => [...whole(each), false]),
  ];
}
