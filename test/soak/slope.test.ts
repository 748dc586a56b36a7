import { describe, expect, test } from "vitest";
import { Random } from "../../src/simulator/station/random.ts";
import { areEqual, type Sample, slopeOf, verdictOf } from "./slope.ts";

const ROUND = 100;
const series = (rounds: number, y: (x: number) => number): Sample[] =>
  Array.from({ length: rounds }, (_, round) => ({ x: round * ROUND, y: y(round * ROUND) }));
const seeds = Array.from({ length: 40 }, (_, seed) => seed);

/** KB, without a mean; `memory` 0 to 1: how much of it the next one keeps. */
function noise(seed: number, size: number, memory = 0): () => number {
  const random = new Random(seed);
  let now = 0;
  return () => {
    now = memory * now + random.between(-size, size) + random.between(-size, size);
    return now;
  };
}

describe("A slope", () => {
  test("of a line is its own, the interval nothing but it", () => {
    const slope = slopeOf(series(40, (x) => 5_000 + 1.024 * x));
    for (const value of [slope.perThousand, slope.low, slope.high, slope.latePerThousand, ...slope.steps]) {
      expect(value).toBeCloseTo(1_024);
    }
    expect(slope.samples).toBe(20);
  });

  test("is not moved by a few wild samples", () => {
    const wild = series(60, (x) => 1.024 * x + (x % 1_000 === 0 ? 50_000 : 0));
    expect(slopeOf(wild).perThousand).toBeCloseTo(1_024, 0);
  });

  test("knows nothing of the warm-up", () => {
    expect(slopeOf(series(60, (x) => (x < 2_500 ? 10 * x : 25_000))).perThousand).toBe(0);
  });

  test("has an interval that holds the true one nearly always, also where neighbours resemble each other", () => {
    for (const memory of [0, 0.5]) {
      const hits = seeds.filter((seed) => {
        const next = noise(seed, 400, memory);
        const { low, high } = slopeOf(series(60, (x) => 0.5 * x + next()));
        return low <= 500 && 500 <= high;
      });
      expect(hits.length).toBeGreaterThanOrEqual(35);
    }
  });

  test("of nothing, of one sample and of one place is unknown", () => {
    for (const samples of [[], [{ x: 1, y: 1 }], Array.from({ length: 30 }, () => ({ x: 7, y: 1 }))]) {
      const { low, high } = slopeOf(samples);
      expect([low, high]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
      expect(verdictOf(samples).verdict).toBe("undecided");
    }
  });

  test("equals another whose interval touches its own", () => {
    const of = (perThousand: number, half: number) => ({
      ...{ perThousand, low: perThousand - half, high: perThousand + half },
      ...{ samples: 20, steps: [], latePerThousand: perThousand },
    });
    expect(areEqual(of(0, 60), of(100, 60))).toBe(true);
    expect(areEqual(of(0, 40), of(100, 40))).toBe(false);
  });
});

describe("A verdict on", () => {
  test("a line is growing, with its slope", () => {
    expect(verdictOf(series(40, (x) => 1.024 * x)).text).toBe("growing 1,024 KB per 1,000 connections");
  });

  test("a line below the limit is flat, and growing under a smaller one", () => {
    const samples = series(40, (x) => 0.1 * x);
    expect(verdictOf(samples).text).toBe("flat");
    expect(verdictOf(samples, 50).text).toBe("growing 100 KB per 1,000 connections");
  });

  test("memory that shrinks is flat", () => {
    expect(verdictOf(series(40, (x) => -1.024 * x)).verdict).toBe("flat");
  });

  test("drift under noise is growing, and never flat", () => {
    const found = seeds.map((seed) => {
      const next = noise(seed, 300);
      return verdictOf(series(80, (x) => 1.024 * x + next())).verdict;
    });
    expect(found).not.toContain("flat");
    expect(found.filter((verdict) => verdict === "growing").length).toBeGreaterThan(30);
  });

  test("noise alone is never growing", () => {
    for (const memory of [0, 0.5, 0.9, 1]) {
      const found = seeds.map((seed) => verdictOf(series(60, noise(seed, 300, memory))).verdict);
      expect(found).not.toContain("growing");
    }
  });

  test("arenas that grow in jumps and then stop is not growing, wherever they stop", () => {
    for (const steps of [1, 2, 3]) {
      for (let last = 0; last < 60; last++) {
        const staircase = series(60, (x) => 4_096 * Math.floor((Math.min(x / ROUND, last) * steps) / 30));
        expect(verdictOf(staircase).verdict, `${steps} steps, the last at round ${last}`).not.toBe("growing");
      }
    }
  });

  test("a staircase that goes on for ever is growing", () => {
    expect(verdictOf(series(120, (x) => 1_024 * Math.floor(x / 500))).verdict).toBe("growing");
  });

  test("a warm-up that is over is flat, and one that is fading is not growing", () => {
    const warmUp = (scale: number) => series(60, (x) => 20_000 * (1 - Math.exp(-x / scale)));
    expect(verdictOf(warmUp(500)).verdict).toBe("flat");
    expect(verdictOf(warmUp(1_500)).verdict).toBe("undecided");
  });

  test("too few rounds is undecided, however clear they look", () => {
    expect(verdictOf(series(20, (x) => 10 * x)).text).toBe("undecided: 10 samples after warm-up, not 12");
  });
});
