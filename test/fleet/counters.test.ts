import { join } from "node:path";
import { expect, test } from "vitest";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet/metrics", file));
const { addCounts, countersOf, readCounters } = await load("counters.ts");
const { addTo, HELD_MAX_BYTES, observe, readSeries, seriesOf } = await load("families.ts");

function counters() {
  const { directory } = migrated();
  return {
    add: async (...told: { id: string; sums: Record<string, number> }[]) => {
      for (const each of addCounts(directory, told, 1)) await each.run();
    },
    read: async () => countersOf((await readCounters(directory).all()).results) as Record<string, number>,
  };
}

test("What was told is added, and what comes again, in the same batch or a later one, is not", async () => {
  const { add, read } = counters();
  const first = { id: "one", sums: { "o|ocpp1.6|1": 2, "f|in|ocpp1.6|1": 40 } };
  await add(first, first, { id: "two", sums: { "o|ocpp1.6|1": 3 } });
  expect(await read()).toEqual({ "o|ocpp1.6|1": 5, "f|in|ocpp1.6|1": 40 });
  await add(first, { id: "three", sums: { "o|ocpp1.6|1": 1 } });
  expect(await read()).toEqual({ "o|ocpp1.6|1": 6, "f|in|ocpp1.6|1": 40 });
});

test("A telling is known again among the last 1,000", async () => {
  const { add, read } = counters();
  const one = { id: "one", sums: { "o|ocpp1.6|1": 1 } };
  await add(one, ...Array.from({ length: 999 }, (_, index) => ({ id: `${index}`, sums: {} })));
  await add(one);
  expect(await read()).toEqual({ "o|ocpp1.6|1": 1 });
});

test("What nobody would read is not kept: another release's series, a value that is none", async () => {
  const { add, read } = counters();
  const sums = { "z|1": 1, "constructor|1": 1, "o|ocpp1.6": 1, "o|1.6|1|2": 1, "l|1|11": 1, "l|1|x": 1, "o|a|1": -1 };
  await add({ id: "one", sums: { ...sums, 'o|"|1': 1, "o|b|1": 2 ** 60, "o|c|1": 1 } });
  expect(await read()).toEqual({ "o|c|1": 1 });
});

test("A fleet has 2,000 series, and those that there are go on counting", async () => {
  const { add, read } = counters();
  const many = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`w|hook${from + index}|delivered|1`, 1]));
  await add({ id: "one", sums: many(5_000, 1_990) });
  await add({ id: "two", sums: { ...many(0, 30), "w|hook5000|delivered|1": 1 } });
  const kept = await read();
  expect(Object.keys(kept)).toHaveLength(2_000);
  expect(kept["w|hook5000|delivered|1"]).toBe(2);
  expect(kept["w|hook6989|delivered|1"]).toBe(1);
});

test("Who counts holds 1,500 bytes, whatever there is to count, and says what went beyond", () => {
  const sums: Record<string, number> = {};
  for (let index = 100; index < 200; index++) addTo(sums, seriesOf("c", `Action${index}`, "result", "1"));
  const held = Object.keys(sums).length - 1;
  expect(held).toBe(Math.floor(HELD_MAX_BYTES / ("c|Action100|result|1".length + 11)));
  expect(sums.n).toBe(100 - held);
});

test("A latency is in the first bucket that holds it, and in the last without a bound", () => {
  const sums: Record<string, number> = {};
  for (const ms of [100, 101, 119_999, 120_001]) observe(sums, "l", ms, "3");
  expect(sums).toEqual({ "l|3|0": 1, "l|3|1": 1, "l|3|9": 1, "l|3|10": 1, "l|3|s": 240_201 });
});

test("A series is read as it was named, and no value ends a label or a line", () => {
  const series = seriesOf("e", "in", 'a"b|c\\d\ne', "2");
  expect(readSeries(series)).toEqual({ letter: "e", values: ["in", "a_b_c_d_e", "2"], part: null });
  expect(readSeries(seriesOf("x", "hook", "1", "s"))).toEqual({ letter: "x", values: ["hook", "1"], part: "sum" });
});
