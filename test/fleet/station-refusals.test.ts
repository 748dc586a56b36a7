import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { StationSnapshot } from "../../src/fleet/transition.ts";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet", file));
const { applyTransitions } = await load("directory.ts");
const { putRegistration } = await load("registrations.ts");
const { addRefusals } = await load("station-refusals.ts");

const HOUR = 3_600_000;
const snapshot = (more: Partial<StationSnapshot>): StationSnapshot => ({
  ...{ registeredProfile: 1, labels: {}, online: false, protocol: null, securityProfile: null },
  ...{ vendor: null, model: null, undelivered: false },
  ...more,
});
const transition = (sequence: number, more: Partial<StationSnapshot> = {}) => ({
  ...{ stationId: "A", at: 1, incarnation: "one", sequence, revision: 0, station: snapshot(more) },
});

let { database, directory } = migrated();
beforeEach(async () => {
  ({ database, directory } = migrated());
  await putRegistration(directory, transition(1));
});
const refused = (firstAt: number, lastAt: number, count: number, reason = "password-wrong", now = lastAt) =>
  addRefusals(directory, [{ stationId: "A", firstAt, lastAt, count, reason }], now).run();
const connected = (sequence: number, connectedAt: number, now = connectedAt) =>
  applyTransitions(directory, [transition(sequence, { online: true, connectedAt })], now);
const row = () =>
  database
    .prepare("SELECT refused_count AS count, refused_since AS since, refused_reason AS reason FROM stations")
    .get();

const NONE = { count: 0, since: null, reason: null };

describe("The refusals of a registered station", () => {
  test("are added up since the first, with the newest reason, in whatever order they are told", async () => {
    expect(row()).toEqual(NONE);
    await refused(1_000, 2_000, 3);
    await refused(9_000, 9_500, 2, "profile-too-low");
    await refused(500, 4_000, 9, "credentials-missing", 10_000);
    expect(row()).toEqual({ count: 14, since: 500, reason: "profile-too-low" });
  });

  test("are over once it has connected, also where that is first told with the end of the connection", async () => {
    await refused(1_000, 2_000, 3);
    await connected(2, 3_000);
    expect(row()).toEqual(NONE);
    await refused(4_000, 5_000, 7);
    await applyTransitions(directory, [transition(4, { connectedAt: 6_000 }), transition(3, { online: true })], 6_500);
    expect(row()).toEqual(NONE);
  });

  test("that are told late bring none back after a connection", async () => {
    await connected(2, 3_000);
    await refused(1_000, 2_000, 3, "password-wrong", 9_000);
    await refused(2_000, 3_000, 3, "password-wrong", 9_000);
    expect(row()).toEqual(NONE);
    // Of one that spans the connection it is not known how many were since.
    await refused(2_000, 5_000, 2);
    expect(row()).toEqual({ count: 2, since: 3_000, reason: "password-wrong" });
  });

  test("that are told before the connection that they came after stay", async () => {
    await refused(1_000, 5_000, 4);
    await connected(2, 3_000, 6_000);
    expect(row()).toEqual({ count: 4, since: 3_000, reason: "password-wrong" });
  });

  test("stay while the connection that the row knows of is told of again and again", async () => {
    await connected(2, 3_000);
    await refused(4_000, 5_000, 4);
    await connected(3, 3_000);
    await applyTransitions(directory, [transition(4)], 6_000);
    expect(row()).toEqual({ count: 4, since: 4_000, reason: "password-wrong" });
  });

  test("are neither lost nor kept for ever where a clock was set back by hours", async () => {
    await connected(2, 10 * HOUR);
    await refused(2 * HOUR, 2 * HOUR, 1);
    expect(row()).toMatchObject({ count: 1, since: 2 * HOUR });
    await refused(9 * HOUR, 9 * HOUR, 1, "profile-too-low");
    await refused(3 * HOUR, 3 * HOUR, 1, "password-wrong");
    expect(row()).toMatchObject({ count: 3, reason: "password-wrong" });
    await refused(9 * HOUR, 9 * HOUR, 1);
    await connected(3, 4 * HOUR);
    expect(row()).toEqual(NONE);
  });

  test("make no row of a station that nobody registered", async () => {
    await addRefusals(directory, [{ stationId: "X", firstAt: 1, lastAt: 1, count: 1, reason: "x" }], 1).run();
    expect(database.prepare("SELECT count(*) AS rows FROM stations").get()).toEqual({ rows: 1 });
  });
});
