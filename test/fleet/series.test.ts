import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HOURS, MINUTES } from "../../src/fleet/series/kept-steps.ts";
import { mergeSeries } from "../../src/fleet/series/merged-series.ts";
import type { SeriesPage } from "../../src/fleet/series/series-page.ts";
import type { Transition } from "../../src/fleet/transition.ts";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src", file));
const { putRegistration } = await load("fleet/registrations.ts");
const { readSeriesOver, spanOf, takeSample } = await load("fleet/series/kept-series.ts");
const { COUNTED_MAX } = await load("fleet/series/sample.ts");
const { applyTransitions } = await load("fleet/directory.ts");

const MINUTE = MINUTES.stepMs;
const HOUR = HOURS.stepMs;
const DAY = 86_400_000;
const START = Date.parse("2026-11-20T10:00:00.000Z");

function fleet() {
  const { database, directory } = migrated();
  let sequence = 0;
  const told = (stationId: string, station: object = {}, more: object = {}) =>
    ({
      ...{ stationId, at: 5, incarnation: "one", sequence: ++sequence, revision: 0, ...more },
      station: {
        ...{ registeredProfile: 2, labels: {}, online: true, protocol: "ocpp1.6", securityProfile: 2 },
        ...{ vendor: null, model: null, undelivered: false, ...station },
      },
    }) as Transition;
  const counts = (sums: Record<string, number>) =>
    database.prepare("UPDATE metrics SET sums = ? WHERE name = 'counters'").run(JSON.stringify(sums));
  const over = async (from: number, to: number, now: number): Promise<SeriesPage> => {
    const span = spanOf({ from, to }, now);
    if (span === null) throw new Error("no span");
    return readSeriesOver(directory, span);
  };
  return { database, directory, told, counts, over, take: (at: number) => takeSample(directory, at) };
}

const valuesOf = ({ series }: SeriesPage, name: string, labels: object = {}) =>
  series.find((each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels))?.values;

describe("The fleet's series", () => {
  test("tell who was connected, TLS beside mTLS, at each minute, and nothing of a minute that nobody saw", async () => {
    const { directory, told, take, over } = fleet();
    await putRegistration(directory, told("A"));
    await take(START + 500);
    await putRegistration(directory, told("B", { registeredProfile: 3, securityProfile: 3, protocol: "ocpp2.1" }));
    await take(START + MINUTE + 30_000);
    // What comes later in the same minute does not change it.
    await applyTransitions(directory, [told("A", { online: false, protocol: null, securityProfile: null })]);
    await take(START + MINUTE + 59_000);
    await take(START + 3 * MINUTE);
    const page = await over(START, START + 3 * MINUTE, START + 3 * MINUTE + 1);
    expect(page).toMatchObject({
      ...{ from: "2026-11-20T10:00:00.000Z", to: "2026-11-20T10:03:00.000Z", stepSeconds: 60 },
    });
    expect(valuesOf(page, "online", { protocol: "ocpp1.6", securityProfile: "2" })).toEqual([1, 1, null, 0]);
    expect(valuesOf(page, "online", { protocol: "ocpp2.1", securityProfile: "3" })).toEqual([0, 1, null, 1]);
    expect(valuesOf(page, "offline")).toEqual([0, 0, null, 1]);
  });

  test("tell what waits, and how old the oldest is", async () => {
    const { directory, told, take, over } = fleet();
    await putRegistration(directory, told("A"));
    const trouble = (events: number) =>
      told("A", { undelivered: true, deadLetters: 2 }, { backlog: { events, since: START - 90_000 } });
    await applyTransitions(directory, [trouble(7)]);
    await take(START);
    await applyTransitions(directory, [told("A")]);
    await take(START + MINUTE);
    const page = await over(START, START + MINUTE, START + MINUTE);
    expect(valuesOf(page, "undeliveredStations")).toEqual([1, 0]);
    expect(valuesOf(page, "undeliveredEvents")).toEqual([7, 0]);
    expect(valuesOf(page, "oldestUndeliveredSeconds")).toEqual([90, 0]);
    expect(valuesOf(page, "deadLetters")).toEqual([2, 0]);
  });

  test("tell what was counted in each minute, by reason, state, webhook and outcome, with how long a delivery took", async () => {
    const { counts, take, over } = fleet();
    counts({ "d|silent|ocpp1.6|2": 5 });
    await take(START - MINUTE);
    counts({
      ...{ "d|silent|ocpp1.6|2": 6, "d|silent|ocpp2.1|2": 1, "o|ocpp1.6|3": 2, "r|password-wrong|1": 4 },
      ...{ "c|Reset|result|3": 1, "c|ClearCache|result|3": 1, "c|Reset|timeout|2": 1 },
      ...{
        "w|hook|delivered|2": 3,
        "w|hook|delivered|3": 1,
        "x|hook|2|0": 3,
        "x|hook|2|s": 1_000,
        "x|hook|3|s": 3_000,
      },
      "f|in|ocpp1.6|2": 99,
    });
    await take(START);
    await take(START + MINUTE);
    const page = await over(START, START + MINUTE, START + MINUTE);
    expect(valuesOf(page, "disconnects", { reason: "silent", securityProfile: "2" })).toEqual([2, 0]);
    expect(valuesOf(page, "connects", { securityProfile: "3" })).toEqual([2, 0]);
    expect(valuesOf(page, "refusals", { reason: "password-wrong", securityProfile: "1" })).toEqual([4, 0]);
    expect(valuesOf(page, "commands", { state: "result", securityProfile: "3" })).toEqual([2, 0]);
    expect(valuesOf(page, "commands", { state: "timeout", securityProfile: "2" })).toEqual([1, 0]);
    expect(valuesOf(page, "deliveries", { webhook: "hook", outcome: "delivered" })).toEqual([4, 0]);
    expect(valuesOf(page, "deliverySeconds", { webhook: "hook" })).toEqual([1, null]);
    expect(JSON.stringify(page)).not.toContain("frames");
  });

  test("count nothing in the first sample that there is, nor below nothing where the directory was set back", async () => {
    const { counts, take, over } = fleet();
    counts({ "o|ocpp1.6|3": 500 });
    await take(START);
    counts({ "o|ocpp1.6|3": 20 });
    await take(START + MINUTE);
    const page = await over(START - MINUTE, START + MINUTE, START + MINUTE);
    expect(valuesOf(page, "connects", { securityProfile: "3" })).toEqual([null, null, 0]);
  });

  test("have no more than so many series in a sample, and take none of them for new that had no room before", async () => {
    const { counts, database, take, over } = fleet();
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`w|hook-${index}|delivered|2`, 1_000]));
    counts({ ...many, "o|ocpp1.6|3": 1 });
    await take(START);
    const row = database.prepare("SELECT sample FROM series LIMIT 1").get() as { sample: string };
    expect(Object.keys(JSON.parse(row.sample).counted)).toHaveLength(COUNTED_MAX);
    expect(row.sample.length).toBeLessThan(20_000);
    counts(Object.fromEntries(Object.entries(many).slice(100)));
    await take(START + MINUTE);
    const page = await over(START, START + MINUTE, START + MINUTE);
    const sums = page.series.filter(({ name }) => name === "deliveries").flatMap(({ values }) => values.slice(1));
    expect(sums.filter((value) => value !== 0)).toEqual([]);
  });

  test("are of minutes for a day, of hours for a month, and what is older is gone", async () => {
    const { database, take, over } = fleet();
    const now = START + 40 * DAY;
    for (const age of [39 * DAY, 30 * DAY, 2 * DAY, DAY, HOUR, 0]) await take(now - age);
    const kept = database.prepare("SELECT step, at FROM series ORDER BY step, at").all() as {
      step: number;
      at: number;
    }[];
    const ages = (step: number) => kept.filter((row) => row.step === step).map(({ at }) => now - at);
    expect(ages(60)).toEqual([DAY, HOUR, 0]);
    expect(ages(3_600)).toEqual([30 * DAY, 2 * DAY, DAY, HOUR, 0]);
    expect(await over(now - DAY, now, now)).toMatchObject({ stepSeconds: 60 });
    const month = await over(now - 60 * DAY, now, now);
    expect(month).toMatchObject({ stepSeconds: 3_600, from: new Date(now - 31 * DAY).toISOString() });
    const values = valuesOf(month, "offline") ?? [];
    expect(values).toHaveLength(31 * 24 + 1);
    expect(values.filter((value) => value !== null)).toHaveLength(5);
  });

  test("hold up nobody with a sample that cannot be read", async () => {
    const { database, take, over } = fleet();
    database.exec(`INSERT INTO series VALUES (60, ${START}, '{"online":"many"}')`);
    await take(START + MINUTE);
    const page = await over(START, START + MINUTE, START + MINUTE);
    expect(valuesOf(page, "offline")).toEqual([null, 0]);
  });

  test("end no later than now, and have a day where nothing is asked for", () => {
    expect(spanOf({ from: null, to: null }, START + 90_500)).toEqual({
      ...{ from: START + MINUTE - DAY, to: START + MINUTE, stepMs: MINUTE },
    });
    expect(spanOf({ from: START, to: START + DAY }, START + HOUR)).toMatchObject({ to: START + HOUR });
    expect(spanOf({ from: START + 1, to: START }, START + HOUR)).toBeNull();
    expect(spanOf({ from: START + DAY, to: null }, START)).toBeNull();
  });
});

test("Series of several directories are one: added, the oldest of all, and the mean of all deliveries", () => {
  const page = (from: number, parts: [name: string, labels: object, values: (number | null)[]][]) =>
    ({
      ...{ from: new Date(from).toISOString(), to: new Date(from + MINUTE).toISOString(), stepSeconds: 60 },
      series: parts.map(([name, labels, values]) => ({ name, labels, values })),
    }) as SeriesPage;
  const hook = { webhook: "hook" };
  const merged = mergeSeries([
    page(START, [
      ["offline", {}, [1, 2]],
      ["oldestUndeliveredSeconds", {}, [5, 50]],
      ["deliveries", { ...hook, outcome: "delivered" }, [3, null]],
      ["deliverySeconds", hook, [1, null]],
    ]),
    page(START + MINUTE, [["offline", {}, [4, 8]]]),
    page(START, [
      ["oldestUndeliveredSeconds", {}, [9, 9]],
      ["deliveries", { ...hook, outcome: "delivered" }, [1, 2]],
      ["deliverySeconds", hook, [5, 7]],
    ]),
  ]);
  expect(merged).toMatchObject({ from: "2026-11-20T10:00:00.000Z", to: "2026-11-20T10:02:00.000Z" });
  expect(valuesOf(merged, "offline")).toEqual([1, 6, 8]);
  expect(valuesOf(merged, "oldestUndeliveredSeconds")).toEqual([9, 50, null]);
  expect(valuesOf(merged, "deliverySeconds", hook)).toEqual([2, 7, null]);
});
