import { expect, test } from "vitest";
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
  ["POST", "/v1/stations", "one"],
  ["GET", "/v1/newcomers?limit=2", "list"],
  ["GET", "/metrics", "sum"],
  ["GET", "/healthz", "each"],
  ["PUT", "/v1/webhooks/a", "shared"],
  ["DELETE", "/v1/webhooks/a", "shared"],
  ["POST", "/v1/webhooks/a/replay", "each"],
  ["GET", "/v1/webhooks/a", "one"],
  ["GET", "/ocpp/%E0%A4%A", "one"],
  ["GET", "/", "one"],
])("%s %s is done by %s", (method, path, kind) => {
  expect(routeOf(method, path, 2).kind).toBe(kind);
  expect(routeOf(method, path, 1)).toEqual({ kind: "one", shard: 0 });
});

test("Pages are merged in the order of their ids, up to the limit, and the cursor is the last one's", () => {
  expect(merged("/v1/stations?limit=3", page(["A", "D"], null), page(["B", "C"], "C"))).toEqual({
    ids: ["A", "B", "C"],
    cursor: "C",
  });
  expect(merged("/v1/stations?limit=3", page(["A"]), page(["B", "C"]))).toEqual({ ids: ["A", "B", "C"], cursor: null });
  expect(merged("/v1/stations", page([]), page([]))).toEqual({ ids: [], cursor: null });
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
