import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Requests } from "./requests.ts";

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** A server that answers the first `answers` requests of each connection, and resets it at the next one. */
async function opened({ answers }: { answers: number }) {
  const seen: string[] = [];
  const counts = new WeakMap<object, number>();
  const server = http.createServer((request, response) => {
    const count = (counts.get(request.socket) ?? 0) + 1;
    counts.set(request.socket, count);
    seen.push(`${request.method} ${count}`);
    if (count > answers) request.socket.resetAndDestroy();
    else response.end("answer");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const notes: string[] = [];
  const { port } = server.address() as AddressInfo;
  const requests = new Requests({ port, apiKey: "", note: (text) => notes.push(text) });
  ended.push(
    () => requests.close(),
    () => server.close(),
  );
  return { requests, seen, notes };
}

test("What can be asked twice is sent once more where a kept connection is reset, and noted", async () => {
  const { requests, seen, notes } = await opened({ answers: 1 });
  for (const method of ["GET", "PUT"] as const) expect(await requests.ask(method, "/")).toBe("answer");
  expect(seen).toEqual(["GET 1", "PUT 2", "PUT 1"]);
  expect(notes).toEqual(["PUT, reset on a kept connection and sent once more on a fresh one"]);
});

test("A command that is reset on a kept connection is not sent again, and is no sample", async () => {
  const { requests, seen, notes } = await opened({ answers: 1 });
  const sent = [await requests.post("/", ""), await requests.post("/", ""), await requests.post("/", "")];
  expect(sent).toEqual([true, false, true]);
  expect(seen).toEqual(["POST 1", "POST 2", "POST 1"]);
  expect(notes).toEqual(["POST, reset on a kept connection, not sent again and no sample"]);
});

test("A fresh connection that is reset is a fault of the server", async () => {
  const { requests, seen, notes } = await opened({ answers: 0 });
  await expect(requests.ask("GET", "/gone")).rejects.toThrow(/^GET \/gone: .*(ECONNRESET|hang up)/);
  await expect(requests.post("/gone", "")).rejects.toThrow(/^POST \/gone: /);
  expect([seen, notes]).toEqual([["GET 1", "POST 1"], []]);
});
