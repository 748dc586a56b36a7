import { once } from "node:events";
import net from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Backend, BUSY, Receivers } from "./backend.ts";
import { Random } from "./random.ts";

let backend: Backend;
const receivers = new Receivers();

beforeAll(async () => {
  const door = receivers.door("busy", { odds: { fair: 1, foul: 1 }, failures: BUSY });
  backend = await Backend.start([door], (name) => Random.of(1, name));
});
afterAll(() => backend.stop());

async function told(reads: boolean) {
  const { port, pathname } = new URL(backend.urlOf("busy"));
  const socket = net.connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  const body = JSON.stringify([{ id: "1", sequence: 1, type: "connected", data: {}, subject: "A" }]);
  // `pause` would still take what the kernel has.
  if (!reads) (socket as unknown as { _handle: { readStop(): void } })._handle.readStop();
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const before = backend.busy;
  if (reads) {
    await once(socket, "data");
    socket.write(`GET /unknown HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, "data");
  }
  // The answer is on its way to who does not look at it any more.
  else while (backend.busy === before) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return receivers.deliveries.at(-1);
}

test("A receiver knows whether the Retry-After that it told was read", async () => {
  expect(await told(true)).toMatchObject({ retryAfterMs: expect.any(Number) });
  expect(receivers.deliveries.at(-1)).not.toHaveProperty("isUnread");
  expect(await told(false)).toMatchObject({ isUnread: true });
});
