/**
 * A process that tries wrong passwords, so many a second, under many names and from addresses of its own on loopback; what it was
 * answered is its last line. Must not know who else is connected.
 */
import http from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export interface Attack {
  port: number;
  attempts: number;
  seconds: number;
  names: string[];
  /** On loopback, each an address to the edge. */
  addresses: string[];
}

/** ms between two handfuls. */
const STEP_MS = 20;

async function attempt(port: number, name: string, localAddress: string): Promise<number> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "ocpp1.6",
    Authorization: `Basic ${btoa(`${name}:wrong horse battery ${Math.random()}`)}`,
  };
  const { promise, resolve } = Promise.withResolvers<number>();
  const request = http.request({ host: "127.0.0.1", port, path: `/ocpp/${name}`, headers, localAddress, agent: false });
  request.on("response", (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  request.on("upgrade", (_, socket) => {
    socket.destroy();
    resolve(101);
  });
  request.on("error", () => resolve(0));
  request.end();
  return promise;
}

const { port, attempts, seconds, names, addresses } = JSON.parse(process.argv[2] ?? "{}") as Attack;
const begun = performance.now();
const answers: Promise<number>[] = [];
while (answers.length < attempts) {
  const due = Math.min(attempts, Math.ceil(((performance.now() - begun) / (seconds * 1_000)) * attempts));
  for (let index = answers.length; index < due; index++) {
    const [name = "", address = ""] = [names[index % names.length], addresses[index % addresses.length]];
    answers.push(attempt(port, name, address));
  }
  await delay(STEP_MS);
}
const counts: Record<number, number> = {};
for (const status of await Promise.all(answers)) counts[status] = (counts[status] ?? 0) + 1;
process.stdout.write(`${JSON.stringify(counts)}\n`);
