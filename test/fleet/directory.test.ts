import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StationSnapshot, Transition } from "../../src/fleet/transition.ts";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet", file));
const { applyTransitions, stationsToWake } = await load("directory.ts");
const { listStations } = await load("station-list.ts");
const { countStations } = await load("fleet-sums.ts");
const { putRegistration, registeredAmong, removeRegistration, sequenceFloor } = await load("registrations.ts");

const told = (incarnation: string, sequence: number, more: Partial<Transition> & { vendor?: string } = {}) => {
  const { vendor = `v${sequence}`, ...rest } = more;
  const station: StationSnapshot = {
    ...{ registeredProfile: 1, labels: { site: "north" }, online: true, protocol: "ocpp1.6", securityProfile: 1 },
    ...{ vendor, model: "m", undelivered: false },
  };
  return { stationId: "A", at: 1_000, incarnation, sequence, revision: 0, station, ...rest };
};
const ALL = {
  ...{ online: null, protocol: null, securityProfile: null, vendor: null, model: null, labels: [] },
  ...{ certificateExpiresBefore: null, offlineSince: null, undelivered: null, hasCsms: null, offlineKind: null },
  ...{ query: null, limit: 10, sort: "id", after: null },
};
const vendorsIn = async (directory: object) =>
  (await listStations(directory, "all", ALL, 0)).stations.map((each: { stationId: string; vendor: string }) => [
    each.stationId,
    each.vendor,
  ]);

describe("The directory", () => {
  test("takes the transitions of a registration by its log, whatever their clock said", async () => {
    const { directory } = migrated();
    await putRegistration(directory, told("one", 1));
    await applyTransitions(directory, [told("one", 5, { at: 9_000_000 })]);
    await applyTransitions(directory, [told("one", 6, { at: 1 })]);
    expect(await vendorsIn(directory)).toEqual([["A", "v6"]]);
    await applyTransitions(directory, [told("one", 5, { at: 10_000_000 })]);
    expect(await vendorsIn(directory)).toEqual([["A", "v6"]]);
    await applyTransitions(directory, [told("one", 6, { revision: 1, vendor: "without an event" })]);
    await applyTransitions(directory, [told("one", 6)]);
    expect(await vendorsIn(directory)).toEqual([["A", "without an event"]]);
  });

  test("is brought nothing back by what comes after a deregistration, and keeps no row of it", async () => {
    const { database, directory } = migrated();
    await putRegistration(directory, told("one", 1));
    await removeRegistration(directory, "A", { incarnation: "one", head: 8 });
    await applyTransitions(directory, [told("one", 7)]);
    expect(database.prepare("SELECT count(*) AS n FROM stations").get()).toEqual({ n: 0 });
    expect(await sequenceFloor(directory)).toBe(8);

    await putRegistration(directory, told("two", 8));
    await applyTransitions(directory, [told("one", 20)]);
    await removeRegistration(directory, "A", { incarnation: "one", head: 3 });
    expect(await vendorsIn(directory)).toEqual([["A", "v8"]]);
    // The furthest that any came.
    expect(await sequenceFloor(directory)).toBe(8);
  });

  test("lists a registration that a later one has taken the place of only as the later one", async () => {
    const { directory } = migrated();
    await putRegistration(directory, told("one", 5));
    await putRegistration(directory, told("two", 9));
    await applyTransitions(directory, [told("one", 7)]);
    // A row that was made late.
    await putRegistration(directory, told("one", 5));
    expect(await vendorsIn(directory)).toEqual([["A", "v9"]]);
  });

  test("tells who is registered, wants a look, or is to be counted", async () => {
    const { directory } = migrated();
    for (const stationId of ["A", "B", "C"]) await putRegistration(directory, told("x", 1, { stationId }));
    const quiet = { ...(told("x", 2).station as StationSnapshot), online: false };
    await applyTransitions(directory, [
      told("x", 2, { stationId: "B", station: { ...quiet, undelivered: true } }),
      told("x", 2, { stationId: "C", station: quiet }),
    ]);
    expect(await registeredAmong(directory, ["A", "C", "X", "a"])).toEqual(new Set(["A", "C"]));
    expect(await registeredAmong(directory, ["A", "X"], { behind: "A", limit: 1 })).toEqual(new Set(["A", "B"]));
    expect(await stationsToWake(directory, "online", "", 10)).toEqual(["A"]);
    expect(await stationsToWake(directory, "undelivered", "", 10)).toEqual(["B"]);
    expect(await stationsToWake(directory, "undelivered", "B", 10)).toEqual([]);
    expect(
      (await countStations(directory)).reduce((sum: number, { stations }: { stations: number }) => sum + stations, 0),
    ).toBe(3);
  });

  test("whatever comes in whatever order, says of each registration what its newest transition said", async () => {
    const step = fc.record({ sequence: fc.integer({ min: 1, max: 6 }), revision: fc.integer({ min: 0, max: 3 }) });
    const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (steps) => {
        const { directory } = migrated();
        await putRegistration(directory, told("one", 0));
        for (const batch of steps) {
          await applyTransitions(
            directory,
            batch.map(({ sequence, revision }) =>
              told("one", sequence, { revision, vendor: `${sequence}.${revision}` }),
            ),
          );
        }
        const newest = steps.flat().toSorted((a, b) => b.sequence - a.sequence || b.revision - a.revision)[0];
        const expected = newest === undefined ? "v0" : `${newest.sequence}.${newest.revision}`;
        expect(await vendorsIn(directory)).toEqual([["A", expected]]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("A directory of an older release", () => {
  const row = (id: string, sequence: number, deregistered: number) =>
    `INSERT INTO stations VALUES ('${id}', 5, ${sequence}, ${deregistered}, 1, '{}', 0, NULL, NULL, 'Old', 'One', 0);`;

  test("keeps its stations, loses its tombstones, and no number that they had comes again", async () => {
    const { directory } = migrated(row("A", 4, 0) + row("GONE", 77, 1));
    expect(await vendorsIn(directory)).toEqual([["A", "Old"]]);
    expect(await sequenceFloor(directory)).toBe(77);
    await applyTransitions(directory, [told("one", 6)]);
    expect(await vendorsIn(directory)).toEqual([["A", "v6"]]);
    await applyTransitions(directory, [told("another", 9)]);
    expect(await vendorsIn(directory)).toEqual([["A", "v6"]]);
  });

  test("takes what the older release still has on the queue, for the rows that it made", async () => {
    const { directory } = migrated(row("A", 4, 0));
    const { incarnation: _, revision: __, ...older } = told("", 5);
    await applyTransitions(directory, [older]);
    expect(await vendorsIn(directory)).toEqual([["A", "v5"]]);
    await putRegistration(directory, told("one", 5, { vendor: "new" }));
    await applyTransitions(directory, [{ ...older, sequence: 9 }]);
    expect(await vendorsIn(directory)).toEqual([["A", "new"]]);
  });
});
