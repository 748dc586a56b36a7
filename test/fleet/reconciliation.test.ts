import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Transition } from "../../src/fleet/transition.ts";
import { migrated } from "../support/sqlite-d1.ts";

for (const level of ["warn", "info"] as const) vi.spyOn(console, level).mockImplementation(() => {});
// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet", file));
const { listMissing, reconcile, ROUND_MS, STATIONS_MAX } = await load("reconciliation.ts");
const { putRegistration } = await load("registrations.ts");
const { countStations } = await load("fleet-sums.ts");

const told = (stationId: string, online: boolean, sequence = 1, incarnation = "one"): Transition => ({
  ...{ stationId, at: 5, incarnation, sequence, revision: 0 },
  station: {
    ...{ registeredProfile: 1, labels: { a: "b" }, online, protocol: online ? "ocpp1.6" : null },
    ...{ securityProfile: online ? 1 : null, vendor: "V", model: null, undelivered: false, deadLetters: 0 },
    ...(!online && { disconnect: { at: 4, code: 1001, reason: "" } }),
  },
});

/** What each object would say; one that is not named fails. */
let standings: Map<string, Transition | null>;
let asked: string[];
let listed: string[];

function environment() {
  const { database, directory } = migrated();
  const stub = (id: string) => ({
    standing: async () => {
      asked.push(id);
      if (!standings.has(id)) throw new TypeError("no such method");
      return standings.get(id);
    },
    list: async () => void listed.push(id),
  });
  const STATION = { idFromName: (name: string) => name, get: stub };
  return { database, env: { DIRECTORY: directory, STATION } };
}

/** A round that begins now. */
async function round(env: object, calls = 1) {
  await reconcile(env, 1);
  for (let call = 0; call < calls; call++) await reconcile(env, ROUND_MS + 1);
}

beforeEach(() => {
  standings = new Map();
  asked = [];
  listed = [];
});

describe("The reconciliation", () => {
  test("mends a row that has a station online that is not, and leaves what is right without a row written", async () => {
    const { database, env } = environment();
    for (const id of ["A", "B"]) await putRegistration(env.DIRECTORY, told(id, true));
    // What it said since without a transition is no difference.
    standings = new Map([
      ["A", told("A", true, 40)],
      ["B", told("B", false, 7)],
    ]);
    await round(env);
    const rows = database.prepare("SELECT station_id, online, sequence FROM stations ORDER BY 1").all();
    expect(rows.map((row) => Object.values(row))).toEqual([
      ["A", 1, 1],
      ["B", 0, 7],
    ]);
    expect((await countStations(env.DIRECTORY)).map(({ online, stations }: never) => [online, stations])).toEqual([
      [false, 1],
      [true, 1],
    ]);
  });

  test("takes a row away that no registration stands behind, but never that of a registration made meanwhile", async () => {
    const { database, env } = environment();
    for (const id of ["GONE", "NEW", "OLD"]) await putRegistration(env.DIRECTORY, told(id, true));
    standings = new Map([["GONE", null]]);
    const { get } = env.STATION;
    env.STATION.get = (id: string) => ({
      ...get(id),
      standing: async () => {
        if (id !== "NEW") return get(id).standing();
        await putRegistration(env.DIRECTORY, told("NEW", false, 9, "two"));
        return null;
      },
    });
    await round(env);
    const ids = database.prepare("SELECT station_id AS id, incarnation FROM stations ORDER BY 1").all();
    // OLD is of a release that cannot say it.
    expect(ids.map((row) => Object.values(row))).toEqual([
      ["NEW", "two"],
      ["OLD", "one"],
    ]);
  });

  test("lets nothing that was told later be undone by what an object said before", async () => {
    const { database, env } = environment();
    await putRegistration(env.DIRECTORY, told("A", true, 5));
    standings = new Map([["A", told("A", false, 4)]]);
    await round(env);
    expect(database.prepare("SELECT online, sequence FROM stations").get()).toEqual({ online: 1, sequence: 5 });
  });

  test("looks at so many at a time, at each once in a round, and begins one a day at most", async () => {
    const { env } = environment();
    const ids = Array.from({ length: STATIONS_MAX + 5 }, (_, index) => `S${String(index).padStart(4, "0")}`);
    for (const id of ids) {
      await putRegistration(env.DIRECTORY, told(id, true));
      standings.set(id, told(id, true));
    }
    await reconcile(env, 1);
    await reconcile(env, ROUND_MS - 5);
    expect(asked).toEqual([]);
    await reconcile(env, ROUND_MS + 1);
    expect(asked).toEqual(ids.slice(0, STATIONS_MAX));
    await reconcile(env, ROUND_MS + 2);
    expect(asked).toEqual(ids);
    await reconcile(env, ROUND_MS + 3);
    expect(asked).toHaveLength(ids.length);
    await reconcile(env, 2 * ROUND_MS + 1);
    expect(asked).toHaveLength(ids.length + STATIONS_MAX);
    // The clock was set back, far behind the round's beginning.
    await reconcile(env, 2 * ROUND_MS + 2);
    await reconcile(env, 7);
    expect(asked).toHaveLength(2 * ids.length + STATIONS_MAX);
  });

  test("has stations that tell of themselves and have no row make it again, a few at a time", async () => {
    const { env } = environment();
    await putRegistration(env.DIRECTORY, told("A", true));
    await listMissing(env, ["A", "LOST", "LOST"]);
    expect(listed).toEqual(["LOST"]);
    await listMissing(
      env,
      Array.from({ length: 50 }, (_, index) => `L${index}`),
    );
    expect(listed).toHaveLength(11);
  });
});
