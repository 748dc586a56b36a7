/**
 * The thread of health.ts: one look at /healthz after the other. Must not know anything else of the edge.
 */
import http from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { Lag } from "./lag.ts";
import type { HealthSample } from "./ledger.ts";

const EVERY_MS = 500;
/** Longer than any bound on the answer. */
const GIVE_UP_MS = 20_000;

const lag = new Lag();
const samples: HealthSample[] = [];
let isOver = false;
parentPort?.once("message", () => {
  isOver = true;
});

function ask(): Promise<number | null> {
  return new Promise((resolve) => {
    const request = http.get(`${workerData}/healthz`, { agent: false, timeout: GIVE_UP_MS }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? null));
      response.on("error", () => resolve(null));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(null));
  });
}

while (!isOver) {
  const [at, from, late] = [Date.now(), performance.now(), lag.soFarMs];
  const status = await ask();
  const tookMs = performance.now() - from - (lag.soFarMs - late);
  samples.push({ at, tookMs: Math.round(Math.max(tookMs, 0)), status });
  await delay(EVERY_MS);
}
lag.stop();
parentPort?.postMessage(samples);
