import { expect, test } from "vitest";
import { RateLimiter } from "../../../src/local/runtime/rate-limiter.ts";

test("A key may call so often in one window of the clock, each key for itself, and anew in the next", async () => {
  let now = 60_000;
  const limiter = new RateLimiter({ limit: 2, periodSeconds: 60 }, () => now);
  const tries = async (key: string) => (await limiter.limit({ key })).success;
  expect([await tries("a"), await tries("a"), await tries("a"), await tries("b")]).toEqual([true, true, false, true]);
  now = 119_999;
  expect(await tries("a")).toBe(false);
  now = 120_000;
  expect(await tries("a")).toBe(true);
});

test("Keys are counted within a bound: beyond it the oldest is forgotten", async () => {
  const limiter = new RateLimiter({ limit: 1, periodSeconds: 60 }, () => 0);
  await limiter.limit({ key: "first" });
  for (let n = 0; n < 100_000; n++) await limiter.limit({ key: String(n) });
  expect((await limiter.limit({ key: "first" })).success).toBe(true);
  expect((await limiter.limit({ key: "99999" })).success).toBe(false);
});
