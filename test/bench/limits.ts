/**
 * `npm run bench -- limits`: what it takes to wake a station with an empty, a full and the worst backlog, side by side, each in a
 * fresh process. Must not know how a station wakes.
 */
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { type Edge, startEdge } from "../../src/local/edge.ts";
import { stationFile } from "../../src/local/state/station-files.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { type Filling, fillLog } from "../support/filled-log.ts";
import { SECRET } from "../support/http-peers.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";
import { cpuMs, show, type Spread, spread } from "./figures.ts";
import { Random } from "../chaos/random.ts";
import { shuffled } from "./bench.ts";

interface Kind {
  name: string;
  /** Of the log, behind its beginning. */
  filling: Filling | null;
  /** Whether a webhook takes none of it. */
  isWaiting: boolean;
}

/** The worst by count and by bytes: the log holds no more of either. */
const KINDS: readonly Kind[] = [
  { name: "empty", filling: null, isWaiting: false },
  { name: "full", filling: { events: 200, characters: 500, action: "MeterValues" }, isWaiting: false },
  { name: "10,000 events", filling: { events: 9_900, characters: 3_000, action: "MeterValues" }, isWaiting: true },
  { name: "32 MB", filling: { events: 65, characters: 490_000 }, isWaiting: true },
];
/** Events behind the row that says what the status is: as many as there may be, and of large ones none. */
const UNSAVED_EVENTS = 31;
const LARGE_CHARACTERS = 10_000;
/** Stations of each kind, woken one after the other: each of the worst takes 32 MB of disk. */
const STATIONS = 8;
const WARM_UP = 10;
const ROUNDS = 9;
/** Worse than that beside an empty one is a bound missed. */
const TIMES_MAX = 2;
/** A kind's figure that is less than this more than the empty one's is no more than what a process does of itself. */
const NOISE = { ms: 1, cpu: 1, kb: 64 };
const WAIT_MS = 10_000;

type Figures = Record<keyof typeof NOISE, number[]>;

const folder = temporaryFolder();
let edge = await start();
try {
  process.stderr.write(`Preparing ${STATIONS} stations of each kind ...\n`);
  await prepare();
  const figures = new Map<Kind, Figures>(KINDS.map((kind) => [kind, { ms: [], cpu: [], kb: [] }]));
  const random = new Random(1);
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`Round ${round + 1} of ${ROUNDS} ...\n`);
    for (const kind of shuffled(KINDS, random)) {
      edge = await start();
      await measure(kind, figures.get(kind) as Figures);
      await edge.stop();
    }
  }
  report(figures);
} finally {
  await edge.stop();
  folder.remove();
}

function start(): Promise<Edge> {
  // What failed is not tried again meanwhile, nor is a station looked at by itself.
  const env = { WEBHOOK_RETRY_BASE_MS: "3600000" };
  return startEdge({ dir: folder.dir, env, log: () => {}, lookAfterMs: 3_600_000 });
}

async function api(method: string, path: string, body?: unknown): Promise<string> {
  const headers = { authorization: `Bearer ${edge.apiKey}`, "content-type": "application/json" };
  const response = await fetch(edge.httpUrl + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text;
}

function idsOf(kind: Kind): string[] {
  return Array.from({ length: STATIONS }, (_, index) => `${kind.name.replaceAll(/\W/g, "")}-${index}`);
}

function warmUpIds(): string[] {
  return Array.from({ length: WARM_UP }, (_, index) => `WARM-${index}`);
}

async function prepare(): Promise<void> {
  // Nobody listens on the port of discard.
  await api("PUT", "/v1/webhooks/down", { url: "http://127.0.0.1:9/", secret: SECRET });
  for (const id of [...warmUpIds(), ...KINDS.flatMap(idsOf)]) {
    await api("PUT", `/v1/stations/${id}`, { securityProfile: 0 });
    const station = await TestStation.connect({ url: `ws://localhost:${edge.port}/ocpp/${id}` });
    await station.call("BootNotification", BOOT_16);
    await station.call("StatusNotification", STATUS_16);
    station.close();
    await offline(id);
  }
  await edge.stop();
  for (const kind of KINDS) {
    for (const id of idsOf(kind)) {
      if (kind.filling !== null) fillLog(folder.dir, id, kind.filling);
      settle(id, kind);
    }
  }
  for (const id of warmUpIds()) settle(id, KINDS[0] as Kind);
}

async function offline(id: string): Promise<void> {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; await delay(5)) {
    if (!(JSON.parse(await api("GET", `/v1/stations/${id}`)) as { online: boolean }).online) return;
  }
  throw new Error(`${id} stays connected`);
}

/** Writes down where the webhook stands, as the edge would have. */
function settle(id: string, { isWaiting, filling }: Kind): void {
  const database = new DatabaseSync(stationFile(folder.dir, id));
  try {
    const unsaved = (filling?.characters ?? 0) < LARGE_CHARACTERS && filling !== null ? UNSAVED_EVENTS : 0;
    const head = Number((database.prepare("SELECT max(sequence) AS head FROM log").get() as { head: number }).head);
    const covered = "SELECT total(octet_length(data)) AS bytes FROM log WHERE sequence <= ?";
    const bytesTo = (sequence: number) => (database.prepare(covered).get(sequence) as { bytes: number }).bytes;
    const { value } = database.prepare("SELECT value FROM facts WHERE key = 'delivery'").get() as { value: string };
    const delivery = JSON.parse(value) as { cursors: Record<string, object> };
    const [key = ""] = Object.keys(delivery.cursors);
    if (key === "") throw new Error(`${id} knows of no webhook`);
    const cursor = isWaiting
      ? { acknowledged: 0, passedBytes: 0, failures: 1, retryAt: Date.now() + 3_600_000 }
      : { acknowledged: head, passedBytes: bytesTo(head), failures: 0, retryAt: 0 };
    const cursors = { [key]: { ...cursor, deadFrom: 0, replayedAt: 0 } };
    const statusSequence = head - unsaved;
    // What the events that are covered come to.
    const boot = { status: "Accepted", at: new Date().toISOString(), intervalSeconds: 300 };
    const status = { boot, connectors: [{ connectorId: 1, status: "Available" }] };
    const settled = { ...delivery, status, connection: null, cursors, statusSequence, bytes: bytesTo(statusSequence) };
    database.prepare("UPDATE facts SET value = ? WHERE key = 'delivery'").run(JSON.stringify(settled));
  } finally {
    database.close();
  }
}

async function measure(kind: Kind, figures: Figures): Promise<void> {
  for (const id of warmUpIds()) await api("GET", `/v1/stations/${id}`);
  await delay(200);
  const pid = edge.workerdPid() ?? 0;
  const before = { cpu: cpuMs(pid), kb: rssKb(pid) };
  for (const id of idsOf(kind)) {
    const from = performance.now();
    const view = JSON.parse(await api("GET", `/v1/stations/${id}`)) as { boot: unknown; queue: { events: number } };
    figures.ms.push(performance.now() - from);
    if (view.boot === null || view.queue.events > 0 !== kind.isWaiting)
      throw new Error(`${id}: ${JSON.stringify(view)}`);
  }
  await delay(200);
  figures.cpu.push((cpuMs(pid) - before.cpu) / STATIONS);
  figures.kb.push((rssKb(pid) - before.kb) / STATIONS);
}

function rssKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function report(figures: ReadonlyMap<Kind, Figures>): void {
  const [empty] = KINDS.map((kind) => spreads(figures.get(kind) as Figures));
  const missed: string[] = [];
  console.log(`Waking a station, medians and quartiles of ${ROUNDS} processes of ${STATIONS} stations each\n`);
  console.log("| backlog | ms until its view | CPU ms | KB of memory | × empty |\n| --- | --- | --- | --- | --- |");
  for (const kind of KINDS) {
    const each = spreads(figures.get(kind) as Figures);
    const times = (["ms", "cpu", "kb"] as const).map((name) => {
      const [mine, least] = [each[name].median, empty?.[name].median ?? Number.NaN];
      if (mine > TIMES_MAX * least && mine - least > NOISE[name]) missed.push(`${kind.name}: ${name}`);
      return (mine / least).toFixed(2);
    });
    console.log(`| ${kind.name} | ${show(each.ms)} | ${show(each.cpu)} | ${show(each.kb)} | ${times.join(", ")} |`);
  }
  const bound = `at most ${TIMES_MAX} × an empty one's time, CPU and memory`;
  console.log(missed.length === 0 ? `\nWITHIN: ${bound}` : `\nOVER: ${bound}; missed by ${missed.join("; ")}`);
  if (missed.length > 0) process.exitCode = 1;
}

function spreads({ ms, cpu, kb }: Figures): Record<keyof Figures, Spread> {
  return { ms: spread(ms), cpu: spread(cpu), kb: spread(kb) };
}
