import { expect, test } from "vitest";
import { Turnstile } from "../../../src/station/connection/turnstile.ts";

test("Some work at once, a bounded number waits, and the rest is told so", async () => {
  const turnstile = new Turnstile(2, 3);
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
  const turnstile = new Turnstile(1, 1);
  await expect(turnstile.pass(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turnstile.pass(async () => "yes")).toBe("yes");
});
