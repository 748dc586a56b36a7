/**
 * `npm run fuzz -- --front` and `--certificates`: the attackers against a local edge in a process of its own, between times of quiet,
 * with stations that go on meanwhile; prints each bound with its verdict. Must not know how the attackers' input is made.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setPriority, tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { openPki } from "../../src/local/pki/pki.ts";
import { LocalEdge } from "../support/local-edge.ts";
import { certificateAttack } from "./chains.ts";
import { AttackCounts } from "./counts.ts";
import { frontAttack } from "./front.ts";
import { type Place, registerTargets } from "./targets.ts";
import { p99, Witnesses } from "./witnesses.ts";

export type AttackName = "front" | "certificates";

export interface AttackOptions {
  name: AttackName;
  count: number;
  seed: number;
  /** Connections begun a second. */
  rate: number;
}

/** Where a disk would be measured with the edge: what is kept of a refusal holds back the answers of that station till it is written. */
const MEMORY = "/dev/shm";
const ATTACKS = { front: frontAttack, certificates: certificateAttack };
/** Times of quiet and of attack that take turns: a machine has moods. */
const ROUNDS = 4;
const QUIET_MS = 10_000;
/** Connections that are open at once: most of the requests only wait, each certificate costs a handshake. */
const AT_ONCE_MAX = { front: 64, certificates: 8 };
const P99_RATIO_MAX = 5;
/** Attackers have machines of their own: here they shall not take the edge's processor. */
const ATTACKERS_NICENESS = 10;
/** No certificate, request or rate of them is a reason for a station to be refused for its number of attempts. */
const NO_LIMIT = "100000000";

/** @returns whether every bound held */
export async function attack({ name, count, seed, rate }: AttackOptions): Promise<boolean> {
  const dir = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "kerbside-"));
  const edge = new LocalEdge(dir, {
    KERBSIDE_CONNECTS_PER_STATION: NO_LIMIT,
    KERBSIDE_CONNECTS_PER_ADDRESS: NO_LIMIT,
  });
  try {
    if (!(await edge.ready())) throw new Error(`the local edge did not start: ${edge.errors}`);
    let ended: number | null | undefined;
    void edge.ended().then((code) => {
      ended = code;
    });
    const place = await placeOf(edge, dir);
    await registerTargets(place);
    const witnesses = await Witnesses.start(place);
    setPriority(ATTACKERS_NICENESS);
    const next = await ATTACKS[name](place, seed);
    const counts = new AttackCounts();
    const workerds = new Set(workerdsOf(edge));
    const began = workerds.size;
    for (let round = 0; round < ROUNDS && ended === undefined; round++) {
      witnesses.phase(`quiet ${round}`);
      await delay(QUIET_MS);
      witnesses.phase(`attack ${round}`);
      const upTo = Math.round((count * (round + 1)) / ROUNDS);
      await drive(upTo - counts.sent, rate, AT_ONCE_MAX[name], () =>
        ended === undefined ? next(counts) : Promise.resolve(),
      );
      for (const pid of workerdsOf(edge)) workerds.add(pid);
      process.stdout.write(`${counts.sent} of ${count} sent\n`);
    }
    const { latencies, dropped } = await witnesses.heard();
    const exits = (ended === undefined ? 0 : 1) + workerds.size - began;
    const healthy = ended === undefined && (await edge.api("", "GET", "/healthz")).status === 200;
    const errors = errorsOf(edge);
    const rows: [string, number | string, boolean][] = [
      [
        name === "front" ? "mutated requests and upgrades sent" : "mutated chains sent",
        counts.sent,
        counts.sent >= count,
      ],
      ["process exits", exits, exits === 0 && healthy],
      ["admitted, each with the right to be", counts.admitted, counts.admitted > 0],
      ...Object.entries(counts.violations).map(([what, faults]): (typeof rows)[number] => [
        what,
        faults.count,
        faults.count === 0,
      ]),
      ["exceptions in the edge's log", errors.length, errors.length === 0],
      ["well-behaved stations that were dropped", dropped.length, dropped.length === 0],
      ["answers by status", text(counts.byStatus), true],
      ["sent by kind", text(counts.byKind), true],
      ["without an answer; not loadable by the client", `${counts.unanswered}; ${counts.unloadable}`, true],
    ];
    for (const [transport, byPhase] of Object.entries(latencies)) {
      const ofRounds = (phase: string) =>
        Array.from({ length: ROUNDS }, (_, round) => byPhase[`${phase} ${round}`] ?? []);
      const rounds = ofRounds("attack").map((times) => p99(times).toFixed(1));
      const [quiet, attacked] = [ofRounds("quiet").flat(), ofRounds("attack").flat()];
      const ratio = p99(attacked) / p99(quiet);
      const figures = `${p99(quiet).toFixed(2)} → ${p99(attacked).toFixed(2)} ms, × ${ratio.toFixed(2)} (${quiet.length} and ${attacked.length} Heartbeats; by rounds ${rounds.join(", ")})`;
      rows.push([
        `${transport}: Heartbeat p99, quiet → attacked (≤ × ${P99_RATIO_MAX})`,
        figures,
        ratio <= P99_RATIO_MAX,
      ]);
    }
    for (const [what, value, isGood] of rows)
      process.stdout.write(`| ${what} | ${value} | ${isGood ? "ok" : "FAILED"} |\n`);
    const examples = Object.values(counts.violations).flatMap((faults) => faults.examples);
    for (const line of [...examples, ...errors.slice(0, 20), ...dropped]) process.stderr.write(`${line}\n`);
    return rows.every(([, , isGood]) => isGood);
  } finally {
    await edge.kill(edge.child.exitCode === null ? "SIGTERM" : "SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
}

const text = (counts: Map<number | string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${what}: ${count}`)
    .join(", ");

async function placeOf(edge: LocalEdge, dir: string): Promise<Place> {
  const said = edge.lines.join("\n");
  const port = (of: string) => Number(new RegExp(`${of} .*localhost:(\\d+)`).exec(said)?.[1]);
  const pki = await openPki(join(dir, "pki"));
  const apiKey = readFileSync(join(dir, "api-key"), "utf8").trim();
  return {
    ports: { http: port("profiles 0 and 1"), tls: port("profile 2"), mtls: port("profile 3") },
    rootPem: pki.rootPem,
    pki,
    register: async (id, registration) => {
      const { status, body } = await edge.api(apiKey, "PUT", `/v1/stations/${encodeURIComponent(id)}`, registration);
      if (status > 201) throw new Error(`registration of ${id}: ${status} ${body}`);
    },
  };
}

/** Begins so many a second, and ends when all have. */
async function drive(count: number, rate: number, atOnce: number, once: () => Promise<void>): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const from = performance.now();
  for (let begun = 0; begun < count; begun++) {
    const wait = from + (begun * 1_000) / rate - performance.now();
    if (wait > 1) await delay(wait);
    while (underWay.size >= atOnce) await Promise.race(underWay);
    const one = once().finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
}

function workerdsOf({ child }: LocalEdge): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return /\((?:workerd)\) \S (\d+)/.exec(stat)?.[1] === String(child.pid);
      } catch {
        return false;
      }
    });
}

/** What neither a station nor an attacker may cause; workerd itself says of frames that are none that it could not read them. */
function errorsOf({ lines, errors }: LocalEdge): string[] {
  return [...lines, ...errors.split("\n")].filter(
    (line) =>
      /"level":"error"|Error|Warning|exception/i.test(line) &&
      !/WebSocket protocol error|a TLS handshake failed/.test(line),
  );
}
