import { expect, test } from "vitest";
import { type BackOff, backOffMs } from "../../../src/simulator/station/back-off.ts";
import { Latencies } from "../../../src/simulator/fleet/latencies.ts";
import { Random } from "../../../src/simulator/station/random.ts";
import { Tally } from "../../../src/simulator/fleet/statistics.ts";

test("Percentiles are at most 2 % above the true ones, and the maximum is exact", () => {
  const latencies = new Latencies();
  const random = new Random(1);
  const values = Array.from({ length: 10_000 }, () => random.between(0.02, 1) ** 4 * 5_000);
  for (const ms of values) latencies.add(ms);
  const sorted = values.toSorted((a, b) => a - b);
  for (const share of [0.5, 0.9, 0.99]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] as number;
    const estimate = latencies.percentile(share) as number;
    expect(estimate).toBeGreaterThanOrEqual(exact);
    expect(estimate).toBeLessThanOrEqual(exact * 1.02);
  }
  expect(latencies.percentiles().max).toBeCloseTo(sorted.at(-1) as number, 2);
});

test("Of nothing there is no percentile, of one value every percentile is that value", () => {
  const latencies = new Latencies();
  expect(latencies.percentiles()).toEqual({ count: 0, p50: null, p90: null, p99: null, max: null });
  latencies.add(12.5);
  expect(latencies.percentiles()).toEqual({ count: 1, p50: 12.5, p90: 12.5, p99: 12.5, max: 12.5 });
});

test("Durations too short or too long for the buckets are counted all the same", () => {
  const latencies = new Latencies();
  for (const ms of [0, 1e9]) latencies.add(ms);
  expect(latencies.count).toBe(2);
  expect(latencies.percentile(0.5)).toBeLessThan(0.02);
  expect(latencies.percentiles().max).toBe(1e9);
});

test("Groups merge to what one would have counted", () => {
  const [a, b, both] = [new Latencies(), new Latencies(), new Latencies()];
  for (let ms = 1; ms < 200; ms++) {
    (ms % 3 === 0 ? a : b).add(ms);
    both.add(ms);
  }
  a.merge(b);
  expect(a.percentiles()).toEqual(both.percentiles());
});

test("A tally of endlessly many reasons stays small and counts them all", () => {
  const tally = new Tally();
  for (let n = 0; n < 1_000; n++) tally.add(`reason ${n}`);
  expect(tally.total).toBe(1_000);
  expect(Object.keys(tally.toObject()).length).toBeLessThanOrEqual(21);
});

test("The wait doubles, is random within its range, and stays after the last doubling", () => {
  const settings: BackOff = { minimumMs: 100, randomRangeMs: 50, repeatTimes: 3 };
  const random = new Random(4);
  for (let round = 0; round < 100; round++) {
    for (const [attempt, base] of [100, 200, 400, 800, 800, 800].entries()) {
      const ms = backOffMs(settings, attempt, random);
      expect(ms).toBeGreaterThanOrEqual(base);
      expect(ms).toBeLessThan(base + 50);
    }
  }
  const first = Array.from({ length: 20 }, () => backOffMs(settings, 0, random));
  expect(new Set(first).size).toBeGreaterThan(15);
});

test("A seed and a name give the same chances again, another name others", () => {
  const draw = (seed: number, name: string) =>
    Array.from(
      { length: 5 },
      (
        (random) => () =>
          random.next()
      )(Random.of(seed, name)),
    );
  expect(draw(1, "SIM-00001")).toEqual(draw(1, "SIM-00001"));
  expect(draw(1, "SIM-00001")).not.toEqual(draw(1, "SIM-00002"));
  expect(draw(1, "SIM-00001")).not.toEqual(draw(2, "SIM-00001"));
});
