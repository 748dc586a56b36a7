import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LocalMessage, LocalQueue } from "../../../src/local/runtime/local-queue.ts";

const SETTINGS = {
  queueName: "transitions",
  batchSize: 3,
  batchTimeoutMs: 1_000,
  retriesMax: 2,
  retryDelayMs: 2_000,
  retryDelayMaxMs: 5_000,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function hosted<Message>(consume: (messages: readonly Message[]) => Promise<void>): LocalQueue<Message> {
  return whole((messages) => consume(messages.map(({ body }) => body)));
}

function whole<Message>(consume: (messages: readonly LocalMessage<Message>[]) => Promise<void>): LocalQueue<Message> {
  const made: LocalQueue<Message> = new LocalQueue(
    SETTINGS,
    consume,
    () => void made.drain(),
    () => Date.now(),
  );
  return made;
}

function queue(consume: (messages: readonly number[]) => Promise<void>): LocalQueue<number> {
  return hosted(consume);
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

test("Where a drain was cut off, the next message after ten seconds takes over", async () => {
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
  const each = hosted<{ n: number }>(async (messages) => void seen.push(...messages));
  const message = { n: 1 };
  await each.send(message);
  message.n = 2;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen).toEqual([{ n: 1 }]);
});

test("A message that comes again waits as long as the consumer says, up to a bound, and holds up no other", async () => {
  const seen: [at: number, body: number, attempts: number][] = [];
  const each = whole<number>(async (messages) => {
    for (const { body, attempts, ack, retry } of messages) {
      seen.push([Date.now() - began, body, attempts]);
      if (body === 1 && attempts < 3) retry({ delaySeconds: attempts === 1 ? 4 : 3_600 });
      else ack();
    }
  });
  const began = Date.now();
  await each.send(1);
  await each.send(2);
  await vi.advanceTimersByTimeAsync(2_000);
  await each.send(3);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(seen.filter(([, body]) => body !== 1).map(([, body]) => body)).toEqual([2, 3]);
  const times = seen.filter(([, body]) => body === 1).map(([at]) => at);
  expect(times).toHaveLength(3);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(4_000);
  expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(5_000);
  expect((times[2] ?? 0) - (times[1] ?? 0)).toBeLessThan(8_000);
});
