import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FleetProblems, mergeProblems } from "../../src/fleet/problems/problem-views.ts";
import { detailOf, isSecurityMessage } from "../../src/fleet/problems/security-event.ts";
import type { Transition } from "../../src/fleet/transition.ts";
import type { Reach } from "../../src/security/fleet-part.ts";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet", file));
const { putRegistration } = await load("registrations.ts");
const { addRefusals } = await load("station-refusals.ts");
const { addNewcomers } = await load("newcomers.ts");
const { addSecurityEvents, readProblems } = await load("problems/kept-problems.ts");

const NOW = Date.parse("2026-11-28T12:00:00.000Z");

function fleet() {
  const { database, directory } = migrated();
  const station = (stationId: string, site: string) =>
    putRegistration(directory, {
      ...{ stationId, at: 5, incarnation: "one", sequence: 1, revision: 0 },
      station: {
        ...{ registeredProfile: 2, labels: { site }, online: false, protocol: null, securityProfile: null },
        ...{ vendor: null, model: null, undelivered: false },
      },
    } as Transition);
  const refused = (stationId: string, reason: string, at: number, count = 1) =>
    addRefusals(directory, [{ stationId, firstAt: at, lastAt: at, count, reason }], NOW).run();
  const reported = async (...events: [stationId: string, at: number][]) => {
    const all = events.map(([stationId, at]) => ({ stationId, at, kind: "malformed-frame", detail: { reason: "r" } }));
    for (const statement of addSecurityEvents(directory, all)) await statement.run();
  };
  const read = (reach: Reach = "all", limit = 100): Promise<FleetProblems> => readProblems(directory, reach, limit);
  return { database, directory, station, refused, reported, read };
}

describe("The fleet's problems", () => {
  test("are refusals by reason, the newest first, with the newest ten cases of each and how many there are", async () => {
    const { station, refused, read } = fleet();
    for (let index = 0; index < 12; index++) {
      await station(`S${index}`, "north");
      await refused(`S${index}`, "password-wrong", NOW - 1_000 * index, 2);
    }
    await station("OTHER", "north");
    await refused("OTHER", "certificate-revoked", NOW + 1);
    await station("FINE", "north");
    const { refusals } = await read();
    expect(refusals.map(({ reason, stations, count }) => [reason, stations, count])).toEqual([
      ["certificate-revoked", 1, 1],
      ["password-wrong", 12, 24],
    ]);
    expect(refusals[1]?.newest.map(({ stationId }) => stationId)).toEqual(
      Array.from({ length: 10 }, (_, index) => `S${index}`),
    );
    expect(refusals[1]?.newest[0]).toEqual({
      ...{ stationId: "S0", at: "2026-11-28T12:00:00.000Z", count: 2, since: "2026-11-28T12:00:00.000Z" },
    });
  });

  test("are newcomers by what they were refused for, until they are registered", async () => {
    const { directory, station, read } = fleet();
    const newcomer = (stationId: string) => ({
      ...{ stationId, source: "x", firstAt: NOW, lastAt: NOW, count: 3, reason: "not-registered" },
      ...{ remoteAddress: null, protocols: [], transport: "wss", certificate: null },
    });
    await addNewcomers(directory, [newcomer("A"), newcomer("B")]).run();
    expect((await read()).newcomers).toMatchObject([{ reason: "not-registered", stations: 2, count: 6 }]);
    await station("A", "north");
    expect((await read()).newcomers).toMatchObject([{ stations: 1, newest: [{ stationId: "B" }] }]);
  });

  test("are the newest thousand security events, each once", async () => {
    const { database, reported, read } = fleet();
    await reported(...Array.from({ length: 1_100 }, (_, index) => [`S${index % 7}`, NOW + index] as [string, number]));
    await reported(["S1", NOW + 1_099], ["S1", NOW + 1_099]);
    const kept = database.prepare("SELECT count(*) AS rows, min(at) AS oldest FROM security_events").get();
    expect(kept).toMatchObject({ oldest: NOW + 101 });
    const { securityEvents } = await read("all", 3);
    expect(securityEvents).toHaveLength(3);
    expect(securityEvents[0]).toMatchObject({ at: new Date(NOW + 1_099).toISOString(), kind: "malformed-frame" });
  });

  test("of others are not there for a key that is bound", async () => {
    const { station, refused, reported, read } = fleet();
    for (const [id, site] of [
      ["N-1", "north"],
      ["S-1", "south"],
    ] as const) {
      await station(id, site);
      await refused(id, "password-wrong", NOW);
    }
    await reported(["N-1", NOW], ["S-1", NOW], ["GONE", NOW]);
    for (const reach of [{ prefix: "N-" }, { label: { site: "north" } }]) {
      const problems = await read(reach);
      expect(problems.refusals).toMatchObject([{ stations: 1, newest: [{ stationId: "N-1" }] }]);
      expect(problems.securityEvents.map(({ stationId }) => stationId)).toEqual(["N-1"]);
    }
    const { securityEvents } = await read();
    expect(securityEvents).toHaveLength(3);
  });

  test("of several directories are one", () => {
    const group = (at: string, stationId: string) => ({
      ...{ reason: "r", stations: 1, count: 2, newest: [{ stationId, at, count: 2, since: at }] },
    });
    const part = (at: string, id: string): FleetProblems => ({
      refusals: [group(at, id)],
      newcomers: [],
      securityEvents: [{ stationId: id, at, kind: "k", detail: {} }],
    });
    const merged = mergeProblems([part("2026-01-01", "A"), part("2026-01-02", "B")], 1);
    expect(merged.refusals).toMatchObject([
      { stations: 2, count: 4, newest: [{ stationId: "B" }, { stationId: "A" }] },
    ]);
    expect(merged.securityEvents).toMatchObject([{ stationId: "B" }]);
  });
});

test("What a station reports is told in short texts, and read only as such", () => {
  const detail = detailOf({ reason: "x".repeat(500), frames: 3, deep: { a: 1 }, none: undefined });
  expect(detail).toEqual({ reason: "x".repeat(200), frames: "3" });
  const security = { stationId: "A", at: 1, kind: "k", detail };
  expect(isSecurityMessage({ security })).toBe(true);
  expect(isSecurityMessage({ security: { ...security, detail: { frames: 3 } } })).toBe(false);
});
