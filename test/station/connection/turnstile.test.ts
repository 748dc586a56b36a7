import { expect, test } from "vitest";
import { Turnstile } from "../../../src/station/connection/turnstile.ts";

test("Some work at once, a bounded number waits, and the rest is told so", async () => {
  const turnstile = new Turnstile({ atOnce: 2, waitingMax: 3, keptMs: 1_000 }, () => 0);
  const finish: (() => void)[] = [];
  let atOnce = 0;
  let most = 0;
  const work = async (index: number) => {
    most = Math.max(most, ++atOnce);
    await new Promise<void>((resolve) => finish.push(resolve));
    atOnce--;
    return index;
  };
  const all = Array.from({ length: 7 }, (_, index) => turnstile.pass(() => work(index)));
  expect(await Promise.all(all.slice(5))).toEqual([null, null]);
  for (let count = 0; count < 5; count++) {
    finish[count]?.();
    await all[count];
    await Promise.resolve();
  }
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, null, null]);
  expect(most).toBe(2);
});

test("Work that fails gives its place on", async () => {
  const turnstile = new Turnstile({ atOnce: 1, waitingMax: 1, keptMs: 1_000 }, () => 0);
  await expect(turnstile.pass(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turnstile.pass(async () => "yes")).toBe("yes");
});

test("Who never goes on, in its place or in the queue, holds it up for no longer than its time", async () => {
  let now = 5_000;
  const turnstile = new Turnstile({ atOnce: 1, waitingMax: 8, keptMs: 1_000 }, () => now);
  const never = () => new Promise<string>(() => {});
  for (let gone = 0; gone < 3; gone++) void turnstile.pass(never);
  const told: string[] = [];
  const waits = turnstile.pass(async () => "waited").then((said) => told.push(`${said}`));
  for (now = 5_500; now < 9_000 && told.length === 0; now += 500) {
    void turnstile.pass(async () => "later").then((said) => told.push(`${said}`));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await waits;
  expect([now, told[0]]).toEqual([8_500, "waited"]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await turnstile.pass(async () => "free")).toBe("free");
});

test("A place that was taken back and is left after all becomes free but once", async () => {
  let now = 0;
  const turnstile = new Turnstile({ atOnce: 1, waitingMax: 8, keptMs: 1_000 }, () => now);
  const slow = Promise.withResolvers<string>();
  const first = turnstile.pass(() => slow.promise);
  now = 1_000;
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
  };
  const all = [turnstile.pass(work), turnstile.pass(work), turnstile.pass(work)];
  slow.resolve("slow");
  expect(await first).toBe("slow");
  await Promise.all(all);
  expect(most).toBe(1);
});
