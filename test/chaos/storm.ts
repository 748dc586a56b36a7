/**
 * `npm run storm`: a whole fleet loses its line at once and is back at once, first because the network failed, then
 * because the edge was killed. Prints how long each station waited; exit code 1 if one of them did not get in.
 */
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { temporaryFolder } from "../support/edge-client.ts";
import { programOptions } from "../support/program-options.ts";
import { forEach, kerbsideAt } from "./api.ts";
import { EdgeProcess } from "./edge-process.ts";
import { Random } from "./random.ts";

/** ms for all stations to get in. */
const WITHIN_MS = 150_000;
const AT_ONCE = 32;
const FIRST_BACKOFF_MS = 250;
const BACKOFF_MAX_MS = 4_000;
/** Whoever gives up early comes again, and makes the queue longer for all. */
const ANSWER_MAX_MS = 60_000;

class StormStation {
  readonly #url: string;
  readonly #random: Random;
  #socket: WebSocket | null = null;
  /** Attempts that failed, by what they met. */
  readonly failures = new Map<string, number>();

  constructor(url: string, random: Random) {
    this.#url = url;
    this.#random = random;
  }

  drop(): void {
    this.#socket?.terminate();
  }

  /** Resolves once the station is connected and its Heartbeat is answered; `false`: not in time. */
  async comeBack(deadline: number): Promise<boolean> {
    for (let backoffMs = FIRST_BACKOFF_MS; Date.now() < deadline; backoffMs = Math.min(2 * backoffMs, BACKOFF_MAX_MS)) {
      const failure = await this.#attempt();
      if (failure === null) return true;
      this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
      await delay(this.#random.between(0.5, 1) * backoffMs);
    }
    return false;
  }

  #attempt(): Promise<string | null> {
    const socket = new WebSocket(this.#url, ["ocpp1.6"], { perMessageDeflate: false });
    this.#socket = socket;
    return new Promise((resolve) => {
      const timer = setTimeout(() => end("no answer"), ANSWER_MAX_MS);
      const end = (failure: string | null) => {
        clearTimeout(timer);
        if (failure !== null) socket.terminate();
        resolve(failure);
      };
      socket.on("open", () => socket.send('[2,"1","Heartbeat",{}]'));
      socket.on("message", () => end(null));
      socket.on("unexpected-response", (_, response) => end(`status ${response.statusCode}`));
      socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? "broken"));
      socket.on("close", () => end("closed"));
    });
  }
}

/** All at once; prints the waits. `true`: all got in. */
async function storm(title: string, stations: readonly StormStation[]): Promise<boolean> {
  const from = Date.now();
  const waits: number[] = [];
  for (const station of stations) station.failures.clear();
  await Promise.all(
    stations.map(async (station) => {
      if (await station.comeBack(from + WITHIN_MS)) waits.push(Date.now() - from);
    }),
  );
  waits.sort((a, b) => a - b);
  const at = (share: number) =>
    `${((waits[Math.max(Math.ceil(waits.length * share) - 1, 0)] ?? 0) / 1_000).toFixed(1)} s`;
  const failures = new Map<string, number>();
  for (const station of stations) {
    for (const [what, count] of station.failures) failures.set(what, (failures.get(what) ?? 0) + count);
  }
  const met = Array.from(failures, ([what, count]) => `${what} ${count}`).join(", ") || "none";
  const cells = [title, `${waits.length} of ${stations.length}`, at(0), at(0.5), at(0.9), at(0.99), at(1), met];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
  return waits.length === stations.length;
}

const values = programOptions("Usage: npm run storm -- [--stations 5000]\n", {
  stations: { type: "string", default: "5000" },
});
const wanted = Number(values.stations);
if (!Number.isInteger(wanted) || wanted < 1) throw new Error("--stations must be a whole number");
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const folder = temporaryFolder();
const edge = await EdgeProcess.create(folder.dir, {});
let passed = false;
try {
  if (!(await edge.start())) throw new Error(`the edge did not start: ${edge.failedStarts.join("\n")}`);
  const kerbside = kerbsideAt(edge.url, edge.apiKey, { timeoutMs: ANSWER_MAX_MS });
  const ids = Array.from({ length: wanted }, (_, index) => `STORM-${index}`);
  await forEach(ids, AT_ONCE, async (id) => {
    await kerbside.station(id).register({ securityProfile: 0 });
  });
  const url = `ws://localhost:${edge.ports.http}/ocpp`;
  const stations = ids.map((id, index) => new StormStation(`${url}/${id}`, new Random(index)));
  process.stdout.write("| all at once | got in | first | p50 | p90 | p99 | last | attempts that failed |\n");
  process.stdout.write("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  // Not at once: each makes its SQLite file first.
  await forEach(stations, AT_ONCE, async (station) => {
    if (!(await station.comeBack(Date.now() + WITHIN_MS))) throw new Error("a station could not connect at all");
  });
  for (const station of stations) station.drop();
  const afterNetwork = await storm("the network failed", stations);
  await edge.kill("both");
  void edge.start();
  const afterKill = await storm("the edge was killed, with its start", stations);
  passed = afterNetwork && afterKill && edge.failedStarts.length === 0;
  for (const text of edge.failedStarts) process.stdout.write(`a start of the edge failed: ${text}\n`);
  for (const station of stations) station.drop();
} finally {
  await edge.stop();
  folder.remove();
}
process.exit(passed ? 0 : 1);
