import { describe, expect, test } from "vitest";
import { type FrameRate, fullRate, isWorthKeeping, takeFrame } from "../../src/ocpp/frame-rate.ts";

/** Sends frames of one length at one moment until one is not taken; gives back how many were. */
function taken(rate: FrameRate, length: number, now: number): { count: number; rate: FrameRate } {
  for (let count = 0, current = rate; ; count++) {
    const next = takeFrame(current, length, now);
    if (next.verdict !== "take") return { count, rate: next.rate };
    current = next.rate;
  }
}

describe("A station may send at once", () => {
  test.each([
    [1, 3_000],
    [2_600, 3_000],
    [4_000, 2_000],
    [499_000, 17],
  ])("of frames of %i characters %i", (length, count) => {
    expect(taken(fullRate(0), length, 0).count).toBe(count);
  });

  test("one frame of any length, and owes what it is too long for as long as a bucket takes to fill", () => {
    const { rate, verdict } = takeFrame(fullRate(0), 32_000_000, 0);
    expect(verdict).toBe("take");
    expect(takeFrame(rate, 10, 7_900).verdict).toBe("warn");
    expect(takeFrame(rate, 10, 8_100).verdict).toBe("take");
  });
});

test("What is refused counts by its length too, so that warnings are no way round the bound", () => {
  let { rate } = taken(fullRate(0), 499_000, 0);
  let warned = 1;
  for (; takeFrame(rate, 499_000, 0).verdict === "warn"; warned++) ({ rate } = takeFrame(rate, 499_000, 0));
  expect(warned).toBeLessThan(50);
  const { rate: emptied } = takeFrame(fullRate(0), 32_000_000, 0);
  expect(takeFrame(emptied, 32_000_000, 0).verdict).toBe("close");
});

test("A second later a hundred frames, or a million characters, may come again", () => {
  expect(taken(taken(fullRate(0), 1, 0).rate, 1, 1_000).count).toBe(100);
  expect(taken(taken(fullRate(0), 500_000, 0).rate, 500_000, 1_000).count).toBe(2);
});

test("Little that is used up need not be kept, much must", () => {
  expect(isWorthKeeping(takeFrame(fullRate(0), 1_000, 0).rate)).toBe(false);
  expect(isWorthKeeping(takeFrame(fullRate(0), 5_000_000, 0).rate)).toBe(true);
  expect(isWorthKeeping(taken(fullRate(0), 1, 0).rate)).toBe(true);
});
