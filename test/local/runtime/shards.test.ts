import { join } from "node:path";
import { expect, test } from "vitest";
import { questionOf, readCursor, writeCursor } from "../../../src/list-cursor.ts";
import { combine, type ShardAnswer } from "../../../src/local/front/fleet-wide.ts";
import { enoughShards, stationsPerWorkerd, wantedShards } from "../../../src/local/runtime/shard-count.ts";
import { routeOf, shardOf } from "../../../src/local/runtime/shards.ts";

const answer = (body: unknown, status = 200): ShardAnswer => ({
  status,
  headers: [],
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const page = (ids: string[], cursor: string | null = null) =>
  answer({ stations: ids.map((stationId) => ({ stationId })), cursor });
const merged = (path: string, ...answers: ShardAnswer[]) => {
  const { stations, cursor } = JSON.parse(combine("list", path, answers).body);
  return { ids: stations.map(({ stationId }: { stationId: string }) => stationId), cursor };
};

test("All that names a station goes to the same workerd, however its name is written", () => {
  const shard = shardOf("RDAM 123", 5);
  for (const path of [
    "/ocpp/RDAM%20123",
    "/ocpp/RDAM%20123/",
    "/ocpp//RDAM%20123",
    "/v1/stations/RDAM%20123",
    "/v1/stations/%52DAM%20123?x=1",
    "/v1/stations/RDAM%20123/commands/7",
  ]) {
    expect(routeOf("GET", path, 5)).toEqual({ kind: "one", shard });
  }
});

test("Stations are spread over all workerd processes, about evenly", () => {
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < 4_000; n++) {
    const shard = shardOf(`SIM-${String(n).padStart(5, "0")}`, 4);
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

test.each([
  ["GET", "/v1/stations?limit=2", "list"],
  ["GET", "/v1/stations/summary", "total"],
  ["PUT", "/v1/stations/summary", "one"],
  ["POST", "/v1/stations", "one"],
  ["GET", "/v1/newcomers?limit=2", "list"],
  ["GET", "/v1/problems?limit=2", "list"],
  ["GET", "/v1/search?q=a", "list"],
  ["GET", "/metrics", "sum"],
  ["GET", "/v1/series?from=2026-01-01", "series"],
  ["GET", "/healthz", "each"],
  ["PUT", "/v1/webhooks/a", "shared"],
  ["DELETE", "/v1/webhooks/a", "shared"],
  ["POST", "/v1/webhooks/a/replay", "each"],
  ["GET", "/v1/webhooks/a/replay", "webhook"],
  ["GET", "/v1/webhooks/a/stuck?limit=2", "webhook"],
  ["GET", "/v1/webhooks/a/deliveries", "webhook"],
  ["GET", "/v1/webhooks/a", "one"],
  ["GET", "/ocpp/%E0%A4%A", "one"],
  ["GET", "/", "one"],
])("%s %s is done by %s", (method, path, kind) => {
  expect(routeOf(method, path, 2).kind).toBe(kind);
  expect(routeOf(method, path, 1)).toEqual({ kind: "one", shard: 0 });
});

test("Pages are merged in the order of their ids, up to the limit, and the cursor is the last one's", () => {
  const path = "/v1/stations?limit=3";
  const at = (id: string) => writeCursor(questionOf(new URLSearchParams("")), { key: 0, id });
  expect(merged(path, page(["A", "D"], null), page(["B", "C"], at("C")))).toEqual({
    ids: ["A", "B", "C"],
    cursor: at("C"),
  });
  expect(merged(path, page(["A"]), page(["B", "C"]))).toEqual({ ids: ["A", "B", "C"], cursor: null });
  expect(merged("/v1/stations", page([]), page([]))).toEqual({ ids: [], cursor: null });
  // One was not looked at behind B, though it has nothing up to there: what the other has behind B waits.
  expect(merged(path, page(["A", "D"]), page([], at("B")))).toEqual({ ids: ["A"], cursor: at("B") });
});

test("Pages are merged in the order that was asked for", () => {
  const path = "/v1/stations?limit=2&sort=offline";
  const off = (stationId: string, ms: number) => ({ stationId, offlineSince: new Date(ms).toISOString() });
  const pages = [
    { stations: [off("Z", 10), off("A", 30)], cursor: null },
    { stations: [off("B", 20), { stationId: "ON" }], cursor: null },
  ];
  const { stations, cursor } = JSON.parse(
    combine(
      "list",
      path,
      pages.map((each) => answer(each)),
    ).body,
  );
  expect(stations.map(({ stationId }: { stationId: string }) => stationId)).toEqual(["Z", "B"]);
  expect(readCursor(questionOf(new URLSearchParams("sort=offline")), cursor)).toEqual({ key: 20, id: "B" });
});

test("What the parts of a fleet come to is added up by name", () => {
  const part = (stations: number, vendor: string) => ({
    ...{ stations, byProtocol: { [vendor]: 1, both: stations }, byVendor: [{ vendor: "Same", stations }] },
  });
  expect(JSON.parse(combine("total", "/", [answer(part(1, "a")), answer(part(2, "b"))]).body)).toEqual({
    ...{ stations: 3, byProtocol: { a: 1, b: 1, both: 3 }, byVendor: [{ vendor: "Same", stations: 3 }] },
  });
});

test("What is known of a webhook is put together: a replay is over where all are, and a page ends where the first does", () => {
  const of = (what: string, ...bodies: unknown[]) =>
    JSON.parse(
      combine(
        "webhook",
        `/v1/webhooks/w/${what}`,
        bodies.map((body) => answer(body)),
      ).body,
    );
  const replay = (finishedAt: string | null, asked: number) => ({
    webhook: "w",
    replay: { startedAt: "a", finishedAt, since: null, stations: { asked, toAsk: 10 } },
  });
  expect(of("replay", replay("b", 3), replay(null, 4)).replay).toMatchObject({
    ...{ finishedAt: null, stations: { asked: 7, toAsk: 20 } },
  });
  expect(of("replay", replay("b", 3), replay("c", 4)).replay.finishedAt).toBe("c");
  expect(of("replay", { webhook: "w", replay: null }, { webhook: "w", replay: null })).toEqual({
    ...{ webhook: "w", replay: null },
  });
  const counted = (delivered: number) => ({
    ...{ webhook: "w", outcomes: { delivered }, withinSeconds: { "+Inf": delivered }, totalSeconds: 2 },
  });
  expect(of("deliveries", counted(1), counted(2))).toEqual({ ...counted(3), totalSeconds: 4 });
  const stuck = (ids: string[], cursor: string | null) => ({
    stations: ids.map((stationId) => ({ stationId })),
    cursor,
  });
  const idsOf = ({ stations, cursor }: { stations: { stationId: string }[]; cursor: string | null }) =>
    [stations.map(({ stationId }) => stationId).join(""), cursor] as const;
  expect(idsOf(of("stuck", stuck(["A", "D"], "D"), stuck(["B", "C", "E"], null)))).toEqual(["ABCD", "D"]);
  expect(idsOf(of("stuck?limit=2", stuck(["A", "C"], null), stuck(["B"], null)))).toEqual(["AB", "B"]);
});

test("Of times that the parts of a fleet tell the first is the fleet's, and none where none tells one", () => {
  const part = (oldest: string | null) => answer({ oldest, nothing: null });
  const [early, late] = ["2026-11-28T08:00:00.000Z", "2026-11-28T09:00:00.000Z"];
  for (const parts of [
    [late, early],
    [early, null],
    [null, early],
  ])
    expect(
      JSON.parse(
        combine(
          "total",
          "/",
          parts.map((each) => part(each ?? null)),
        ).body,
      ),
    ).toEqual({
      ...{ oldest: early, nothing: null },
    });
});

test("Pages of newcomers are merged the newest first, and the cursor is the last one's", () => {
  const at = (second: number) => `2026-11-28T08:00:0${second}.000Z`;
  const seen = (entries: [string, number][], cursor: string | null = null) =>
    answer({ newcomers: entries.map(([stationId, second]) => ({ stationId, lastSeen: at(second) })), cursor });
  const of = (path: string, ...answers: ShardAnswer[]) => {
    const { newcomers, cursor } = JSON.parse(combine("list", path, answers).body);
    return { ids: newcomers.map(({ stationId }: { stationId: string }) => stationId), cursor };
  };
  const first = seen([
    ["A", 9],
    ["D", 3],
  ]);
  const second = seen(
    [
      ["C", 5],
      ["B", 3],
    ],
    `${at(3)}/B`,
  );
  expect(of("/v1/newcomers?limit=3", first, second)).toEqual({ ids: ["A", "C", "B"], cursor: `${at(3)}/B` });
  expect(of("/v1/newcomers", seen([["A", 9]]), seen([]))).toEqual({ ids: ["A"], cursor: null });
});

test("A failure of one is the answer of all", () => {
  const failed = answer({ type: "/problems/invalid" }, 422);
  for (const kind of ["each", "list", "sum"] as const) expect(combine(kind, "/", [answer("a 1"), failed])).toBe(failed);
});

test("Figures of the same name and labels are added, under one HELP and TYPE", () => {
  const text = (...lines: string[]) => answer(`${["# HELP n Of all.", "# TYPE n gauge", ...lines].join("\n")}\n`);
  const { body } = combine("sum", "/metrics", [text('n{p="1"} 2', 'n{p="2"} 1'), text('n{p="1"} 3', 'n{p="3"} 4')]);
  expect(body).toBe(["# HELP n Of all.", "# TYPE n gauge", 'n{p="1"} 5', 'n{p="2"} 1', 'n{p="3"} 4', ""].join("\n"));
});

test("As many are started as 5,000 stations need file descriptors for", () => {
  expect([enoughShards(20_000), enoughShards(1_000_000), enoughShards(null)]).toEqual([2, 1, 1]);
  expect(enoughShards(256)).toBe(16);
  expect(stationsPerWorkerd(20_000)).toBe(3_900);
});

test("KERBSIDE_WORKERDS must be a number from 1 to 16", () => {
  expect([wantedShards({}), wantedShards({ KERBSIDE_WORKERDS: "3" })]).toEqual([undefined, 3]);
  for (const text of ["0", "17", "two", "1.5", "-1"]) {
    expect(() => wantedShards({ KERBSIDE_WORKERDS: text })).toThrow(/KERBSIDE_WORKERDS must be a number from 1 to 16/);
  }
});

test("A workerd that is away while another one asks it can be asked again", async () => {
  const others = { fetch: async () => new Response(null, { status: 500 }) };
  // By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
  const { wholeFleet } = await import(join(import.meta.dirname, "../../../src/local/runtime/whole-fleet.ts"));
  const { OTHER_DIRECTORIES } = wholeFleet({ STATION: {} }, others, 2);
  await expect(OTHER_DIRECTORIES[0]?.prepare("SELECT 1").all()).rejects.toMatchObject({ retryable: true });
});
