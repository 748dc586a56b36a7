import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LocalQueue } from "../../src/local/local-queue.ts";

const SETTINGS = { queueName: "transitions", batchSize: 3, batchTimeoutMs: 1_000, retriesMax: 2 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function queue(consume: (messages: readonly number[]) => Promise<void>): LocalQueue<number> {
  return new LocalQueue<number>(
    SETTINGS,
    consume,
    () => {},
    () => Date.now(),
  );
}

test("Messages come in batches: a full one at once, the rest after the time they may wait", async () => {
  const batches: (readonly number[])[] = [];
  const each = queue(async (messages) => void batches.push(messages));
  for (let n = 1; n <= 4; n++) await each.send(n);
  await vi.advanceTimersByTimeAsync(999);
  expect(batches).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_001);
  expect(batches).toEqual([[1, 2, 3], [4]]);
});

test("A batch that the consumer refuses comes again, in its order, and after so many retries no more", async () => {
  const seen: (readonly number[])[] = [];
  vi.spyOn(console, "error").mockImplementation(() => {});
  const each = queue(async (messages) => {
    seen.push(messages);
    throw new Error("D1 is away");
  });
  await each.send(1);
  await each.send(2);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen).toEqual(Array.from({ length: 3 }, () => [1, 2]));
  expect(console.error).toHaveBeenCalledOnce();
});

test("Where the object that drained is gone, the next message after ten seconds takes over", async () => {
  let hangs = true;
  const seen: (readonly number[])[] = [];
  const each = queue((messages) => {
    if (hangs) return new Promise(() => {});
    seen.push(messages);
    return Promise.resolve();
  });
  await each.send(1);
  await vi.advanceTimersByTimeAsync(1_000);
  hangs = false;
  await each.send(2);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seen).toEqual([]);
  await vi.advanceTimersByTimeAsync(5_000);
  await each.send(3);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen).toEqual([[2, 3]]);
});

test("What the sender changes afterwards does not reach the consumer", async () => {
  const seen: { n: number }[] = [];
  const each = new LocalQueue<{ n: number }>(
    SETTINGS,
    async (messages) => void seen.push(...messages),
    () => {},
    () => Date.now(),
  );
  const message = { n: 1 };
  await each.send(message);
  message.n = 2;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen).toEqual([{ n: 1 }]);
});
