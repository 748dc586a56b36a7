import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StationSnapshot } from "../../src/fleet/transition.ts";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet", file));
const { applyTransitions, stationsToWake } = await load("directory.ts");
const { listStations } = await load("station-list.ts");
const { countStations, summarize } = await load("fleet-sums.ts");
const { standingOf } = await load("fleet-standing.ts");
const { putRegistration, removeRegistration } = await load("registrations.ts");

const NONE = {
  ...{ online: null, protocol: null, securityProfile: null, vendor: null, model: null, labels: [] },
  ...{
    certificateExpiresBefore: null,
    offlineSince: null,
    undelivered: null,
    hasCsms: null,
    offlineKind: null,
    query: null,
  },
};
type Snapshot = Required<StationSnapshot>;
interface Known {
  id: string;
  at: number;
  snapshot: Snapshot;
}

const NOW = 10_000_000;
const VENDORS = ["ABB", "Alfen", "Vestel", "Ünal"];
const ENDS = [
  { code: 1001, reason: "closed by the station" },
  { code: 1006, reason: "lost" },
  { code: 1008, reason: "silent", silentMs: 600_000 },
];

const fingerprintOf = (index: number): string => index.toString(16).padStart(64, "a");

/** The same fleet each time, of every kind of station. */
function fleet(count: number): Known[] {
  return Array.from({ length: count }, (_, index) => {
    const online = index % 3 !== 0;
    const at = 1_000 * ((index * 37) % 101) + 1;
    const booted = index % 7 !== 0;
    return {
      id: `${index % 2 === 0 ? "cs" : "EV"}-${String((index * 7919) % 1000).padStart(3, "0")}-${index}`,
      at,
      snapshot: {
        registeredProfile: index % 4,
        labels: { site: ["north", "south", "Nørre"][index % 3] as string, ...(index % 50 === 0 && { rare: "yes" }) },
        ...{ online, protocol: online ? (["ocpp1.6", "ocpp2.0.1"][index % 2] as string) : null },
        securityProfile: online ? index % 4 : null,
        vendor: booted ? (VENDORS[index % 4] as string) : null,
        model: booted ? `M${index % 40}` : null,
        undelivered: index % 25 === 0,
        deadLetters: index % 25 === 0 ? 3 : 0,
        serialNumber: booted ? `SN${index * 31}` : null,
        certificateNotAfter: index % 4 === 3 ? 5_000 * index : null,
        certificateKeys: index % 4 === 3 ? [`sha256:${fingerprintOf(index)}`] : null,
        hasCsms: index % 10 !== 0,
        connectedAt: 0,
        disconnect: online ? null : { at, ...(ENDS[index % ENDS.length] as (typeof ENDS)[number]) },
      },
    };
  });
}

const told = (each: Known, sequence = 1) => ({
  ...{ stationId: each.id, at: each.at, incarnation: "one", sequence, revision: 0, station: each.snapshot },
});

async function filled(stations: readonly Known[]) {
  const { database, directory } = migrated();
  for (const each of stations) await putRegistration(directory, told(each));
  return { database, directory };
}

/** All pages, and how many there were. */
async function pages(
  directory: object,
  query: object,
  reach: object | "all" = "all",
  limit = 10,
): Promise<{ ids: string[]; count: number }> {
  const ids: string[] = [];
  let after: unknown = null;
  for (let count = 1; ; count++) {
    const page = await listStations(directory, reach, { ...NONE, sort: "id", ...query, limit, after }, NOW);
    expect(page.stations.length).toBeLessThanOrEqual(limit);
    ids.push(...page.stations.map(({ stationId }: { stationId: string }) => stationId));
    if (page.next === null) return { ids, count };
    expect(count).toBeLessThan(200);
    after = page.next;
  }
}

const STATIONS = fleet(300);
const whole = filled(STATIONS);
const small = (text: string | null) => (text ?? "").toLowerCase();
const has = (query: string) => (each: Known) =>
  [
    each.id,
    each.snapshot.vendor,
    each.snapshot.model,
    each.snapshot.serialNumber,
    ...Object.values(each.snapshot.labels),
  ]
    .map(small)
    .some((text) => text.includes(small(query)));

const FILTERS: [name: string, query: object, matches: (each: Known) => boolean][] = [
  ["none", {}, () => true],
  ["online=true", { online: true }, ({ snapshot }) => snapshot.online],
  ["online=false", { online: false }, ({ snapshot }) => !snapshot.online],
  ["protocol", { protocol: "ocpp2.0.1" }, ({ snapshot }) => snapshot.protocol === "ocpp2.0.1"],
  ["securityProfile", { securityProfile: 0 }, ({ snapshot }) => snapshot.registeredProfile === 0],
  ["vendor", { vendor: "ABB" }, ({ snapshot }) => snapshot.vendor === "ABB"],
  ["model", { model: "M17" }, ({ snapshot }) => snapshot.model === "M17"],
  ["a label", { labels: [["site", "north"]] }, ({ snapshot }) => snapshot.labels.site === "north"],
  ["a rare label", { labels: [["rare", "yes"]] }, ({ snapshot }) => snapshot.labels.rare === "yes"],
  ["no label", { labels: [['"', "x"]] }, () => false],
  [
    "two labels",
    {
      labels: [
        ["site", "north"],
        ["rare", "yes"],
      ],
    },
    ({ snapshot }) => snapshot.labels.site === "north" && snapshot.labels.rare === "yes",
  ],
  ["undelivered=true", { undelivered: true }, ({ snapshot }) => snapshot.undelivered],
  ["undelivered=false", { undelivered: false }, ({ snapshot }) => !snapshot.undelivered],
  ["hasCsms=true", { hasCsms: true }, ({ snapshot }) => snapshot.hasCsms],
  ["hasCsms=false", { hasCsms: false }, ({ snapshot }) => !snapshot.hasCsms],
  [
    "certificateExpiresBefore",
    { certificateExpiresBefore: 600_000 },
    ({ snapshot }) => snapshot.certificateNotAfter !== null && snapshot.certificateNotAfter < 600_000,
  ],
  ["offlineSince", { offlineSince: 50_000 }, ({ snapshot, at }) => !snapshot.online && at < 50_000],
  [
    "offlineKind",
    { offlineKind: "silent" },
    ({ snapshot: { online, disconnect } }) => !online && disconnect?.reason === "silent",
  ],
  [
    "q of a fingerprint, with colons and in large letters",
    { query: (fingerprintOf(7).toUpperCase().match(/../g) ?? []).join(":") },
    ({ snapshot }) => snapshot.certificateKeys?.[0] === `sha256:${fingerprintOf(7)}`,
  ],
  ["q of a fingerprint that nobody has", { query: "ab".repeat(32) }, () => false],
  ["q of many", { query: "EV-" }, has("EV-")],
  ["q of few", { query: "sn930" }, has("sn930")],
  ["q of a vendor in other letters", { query: "ÜNAL" }, has("ÜNAL")],
  ["q with a quote", { query: '"ab' }, () => false],
  ["q of a label", { query: "ørr" }, has("ørr")],
  ["a short q", { query: "c" }, ({ id }) => id.startsWith("c")],
  ["another short q", { query: "eV" }, ({ id }) => id.startsWith("EV")],
  [
    "several",
    { online: true, vendor: "Vestel", query: "cs-", hasCsms: true, securityProfile: 2 },
    (each) => each.snapshot.online && each.snapshot.vendor === "Vestel" && has("cs-")(each) && each.snapshot.hasCsms,
  ],
  [
    "several with a short q",
    { online: false, query: "EV" },
    ({ id, snapshot }) => !snapshot.online && id.startsWith("EV"),
  ],
];

/** Of keys that are bound to a part of the fleet. */
const REACHES: [reach: object | "all", isInside: (each: Known) => boolean][] = [
  ["all", () => true],
  [{ prefix: "EV-1" }, ({ id }) => id.startsWith("EV-1")],
  [{ label: { site: "north" } }, ({ snapshot }) => snapshot.labels.site === "north"],
];

describe("The list of stations", () => {
  const key: Record<string, (each: Known) => number> = {
    id: () => 0,
    changed: ({ at }) => -at,
    offline: ({ at, snapshot }) => (snapshot.online ? Number.MAX_SAFE_INTEGER : at),
  };

  test.each(FILTERS)("has, page by page and in each order, what it is asked for: %s", async (_, query, matches) => {
    const { directory } = await whole;
    for (const [sort, keyOf] of Object.entries(key)) {
      const upwards = (a: Known, b: Known) => keyOf(a) - keyOf(b) || (a.id < b.id ? -1 : 1);
      const downwards = (a: Known, b: Known) => keyOf(a) - keyOf(b) || (a.id < b.id ? 1 : -1);
      const wanted = STATIONS.filter(matches).sort(sort === "changed" ? downwards : upwards);
      for (const [reach, isInside] of REACHES) {
        const { ids } = await pages(directory, { ...query, sort }, reach);
        expect(ids).toEqual(wanted.filter(isInside).map(({ id }) => id));
      }
    }
  });

  test("tells why a station is off, and since when", async () => {
    const { directory } = await filled([
      ...STATIONS.slice(0, 7),
      { ...(STATIONS[0] as Known), id: "NEW", snapshot: { ...(STATIONS[0] as Known).snapshot, disconnect: null } },
    ]);
    const { stations } = await listStations(
      directory,
      "all",
      { ...NONE, online: false, sort: "id", limit: 10, after: null },
      NOW,
    );
    expect(stations.map((each: Record<string, unknown>) => [each.stationId, each.offlineReason])).toEqual(
      [
        ["NEW", "never connected"],
        ["EV-757-3", "closed by the station, 1001"],
        ["cs-000-0", "closed by the station, 1001"],
        ["cs-514-6", "closed by the station, 1001"],
      ].sort(),
    );
    expect(stations[0].offlineSince).toBe(new Date(37_000 * 3 + 1 - 101_000 * 1).toISOString());
  });

  test("goes on behind its place while stations come, go and change", async () => {
    const { directory } = await filled(STATIONS.slice(0, 60));
    const first = await listStations(directory, "all", { ...NONE, sort: "id", limit: 20, after: null }, NOW);
    const seen = first.stations.map(({ stationId }: { stationId: string }) => stationId);
    await removeRegistration(directory, seen[19], { incarnation: "one", head: 9 });
    const later = { ...(STATIONS[200] as Known), id: "zz-new" };
    await putRegistration(directory, told(later));
    const rest: string[] = [];
    for (let after = first.next; after !== null; ) {
      const page = await listStations(directory, "all", { ...NONE, sort: "id", limit: 20, after }, NOW);
      rest.push(...page.stations.map(({ stationId }: { stationId: string }) => stationId));
      after = page.next;
    }
    const all = [...STATIONS.slice(0, 60).map(({ id }) => id), "zz-new"].sort();
    expect([...seen, ...rest]).toEqual(all);
  });

  test("is woken from in the order of ids", async () => {
    const { directory } = await whole;
    const online = STATIONS.filter(({ snapshot }) => snapshot.online)
      .map(({ id }) => id)
      .sort();
    expect(await stationsToWake(directory, "online", "", 1_000)).toEqual(online);
    expect(await stationsToWake(directory, "online", online[10] as string, 5)).toEqual(online.slice(11, 16));
  });
});

describe("The sums of the fleet", () => {
  /** As a scan would have them. */
  const scan = `SELECT registered_profile AS registeredProfile, online, protocol, security_profile AS securityProfile,
      CASE online WHEN 1 THEN NULL ELSE offline_kind END AS offlineKind, count(*) AS stations,
      sum(undelivered) AS undelivered, sum(dead_letters) AS deadLetters
    FROM stations GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`;
  const inOrder = (rows: object[]) => rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();

  test("say after any history what a scan would say, labels and search among it", async () => {
    const ids = ["A", "B", "C"];
    const step = fc.record({
      id: fc.constantFrom(...ids),
      what: fc.constantFrom("tell", "tell", "tell", "put", "remove"),
      /** Late ones, and the same once more. */
      sequence: fc.integer({ min: 1, max: 8 }),
      incarnation: fc.constantFrom("one", "two"),
      like: fc.integer({ min: 0, max: 59 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const { database, directory } = migrated();
        for (const { id, what, sequence, incarnation, like } of steps) {
          const transition = { ...told({ ...(STATIONS[like] as Known), id }, sequence), incarnation };
          if (what === "put") await putRegistration(directory, transition);
          else if (what === "remove") await removeRegistration(directory, id, { incarnation, head: sequence });
          else await applyTransitions(directory, [transition, { ...transition, stationId: "none" }]);
        }
        const all = (query: string) => database.prepare(query).all() as object[];
        const counts = (await countStations(directory)).map((each: { online: boolean }) => ({
          ...each,
          online: Number(each.online),
        }));
        expect(inOrder(counts)).toEqual(inOrder(all(scan)));
        expect(all("SELECT vendor, stations FROM fleet_vendors ORDER BY 1")).toEqual(
          all("SELECT coalesce(vendor, '') AS vendor, count(*) AS stations FROM stations GROUP BY 1 ORDER BY 1"),
        );
        expect(all("SELECT name, value, station_id FROM station_labels ORDER BY 3, 1")).toEqual(
          all("SELECT key AS name, value, station_id FROM stations, json_each(labels) ORDER BY 3, 1"),
        );
        expect(all("SELECT rowid, station_id, text FROM station_search ORDER BY 2")).toEqual(
          all("SELECT doc AS rowid, station_id, search_text AS text FROM stations ORDER BY 2"),
        );
        expect(all("SELECT station_id FROM stations WHERE (offline_since = 9007199254740991) <> online")).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("make a summary: the largest vendors, the rest, and why those are off that are", async () => {
    const { directory } = migrated();
    const [one] = STATIONS as [Known];
    for (let index = 0; index < 60; index++) {
      const vendor = index < 5 ? "Large" : `V${index}`;
      await putRegistration(directory, told({ ...one, id: `S${index}`, snapshot: { ...one.snapshot, vendor } }));
    }
    await putRegistration(directory, told({ ...(STATIONS[7] as Known), id: "NAMELESS" }));
    const summary = await summarize(directory);
    expect(summary).toMatchObject({ stations: 61, online: 1, offline: 60, otherVendors: 6, unknownVendor: 1 });
    expect(summary.byVendor).toHaveLength(50);
    expect(summary.byVendor[0]).toEqual({ vendor: "Large", stations: 5 });
    expect(summary.byOfflineReason).toEqual({ station: 60 });
    expect(summary.byProtocol).toEqual({ "ocpp2.0.1": 1 });
    expect(summary.bySecurityProfile).toEqual({ 0: 60, 3: 1 });
    expect(summary.onlineBySecurityProfile).toEqual({ 3: 1 });
  });

  test("say which vendors are online and whose certificates end soon, of a large fleet once in five minutes", async () => {
    const { directory } = migrated();
    const online = STATIONS.find(({ snapshot }) => snapshot.online && snapshot.vendor === "Vestel") as Known;
    const DAY = 86_400_000;
    const put = (id: string, certificateNotAfter: number | null, snapshot: Partial<Snapshot> = {}) =>
      putRegistration(
        directory,
        told({ ...online, id, snapshot: { ...online.snapshot, certificateNotAfter, ...snapshot } }),
      );
    for (const [index, days] of [-1, 0.5, 6, 13, 29, 31].entries()) await put(`S${index}`, NOW + days * DAY);
    await put("BARE", null, { vendor: null });
    await put("OFF", null, { online: false, protocol: null, securityProfile: null });
    const expected = {
      onlineByVendor: [{ vendor: "Vestel", stations: 6 }],
      certificatesExpiring: { 0: 1, 1: 2, 7: 3, 14: 4, 30: 5 },
      countedAt: new Date(NOW).toISOString(),
      ...{ undeliveredEvents: 0, oldestUndelivered: null },
    };
    expect(await standingOf(directory, 8, NOW)).toEqual(expected);
    expect(await standingOf(directory, 100_000, NOW)).toEqual(expected);
    await put("LATE", null);
    expect(await standingOf(directory, 100_000, NOW + 299_999)).toEqual(expected);
    const anew = [{ vendor: "Vestel", stations: 7 }];
    expect(await standingOf(directory, 9, NOW)).toMatchObject({ onlineByVendor: anew });
    expect(await standingOf(directory, 100_000, NOW + 300_000)).toMatchObject({ onlineByVendor: anew });
    // The clock was set back since.
    expect(await standingOf(directory, 100_000, NOW - 1)).toMatchObject({ onlineByVendor: anew });
  });
});
