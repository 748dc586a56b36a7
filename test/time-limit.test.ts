import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { inTime, whenLate } from "../src/time-limit.ts";

test("What came in time while the process stood still is read before its sender is called late", async () => {
  // Answers from a thread of its own, while this one stands still.
  const answering = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const server = require("node:net").createServer((socket) => socket.once("data", () => socket.end("answer")));
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const [port] = (await once(answering, "message")) as [number];
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const order: string[] = [];
  const over = Promise.withResolvers<void>();
  const end = whenLate(20, () => {
    order.push("late");
    over.resolve();
  });
  socket.once("data", () => order.push("answer"));
  socket.write("question");
  const until = performance.now() + 150;
  while (performance.now() < until);
  await over.promise;
  end();
  expect(order).toEqual(["answer", "late"]);
  socket.destroy();
  await answering.terminate();
});

test("Nobody is called late once the wait has ended, and work that takes too long fails by its name", async () => {
  let calls = 0;
  whenLate(1, () => calls++)();
  await expect(inTime(new Promise(() => {}), 1, "the directory")).rejects.toThrow("the directory took more than 1 ms");
  expect(calls).toBe(0);
  expect(await inTime(Promise.resolve(7), 1_000, "it")).toBe(7);
});
