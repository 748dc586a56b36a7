/**
 * One run of chaos on the way station, edge, bridge, CSMS: each of the three processes is killed in turn under a fleet that charges;
 * then calm, and what stations and CSMS wrote down. Must not judge it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../support/edge-client.ts";
import type { Kerbside } from "../../../src/client/kerbside.ts";
import { forEach, kerbsideAt, outcomeOf } from "../api.ts";
import { atEach, bursts } from "../calendar.ts";
import { EdgeProcess, freePorts } from "../edge-process.ts";
import { Occurrences } from "../faults.ts";
import { disturbLines } from "../fleet.ts";
import { Random } from "../random.ts";
import type { Version } from "../sessions.ts";
import { ChaosStation } from "../station.ts";
import { PLAIN, type Temper } from "../temper.ts";
import type { BridgeLedgers, BridgeView } from "./bridge-checks.ts";
import { Child } from "./child.ts";
import { executed } from "./commands.ts";
import { readLedger } from "./csms-ledger.ts";
import { WireRecorder } from "./wire-recorder.ts";

export interface BridgeChaosOptions {
  seed: number;
  stations: number;
  /** Of bridge, edge and CSMS in turn. */
  kills: number;
  killingMs: number;
  settlementMs: number;
  /** ms that one of them is gone at most. */
  goneMaxMs: number;
  progress(line: Record<string, unknown>): void;
}

export interface BridgeOutcome {
  ledgers: BridgeLedgers;
  kills: Record<string, number>;
  /** Starts that came to nothing, ends that nobody asked for. */
  faults: string[];
  /** `null`: all was settled in time. */
  waiting: string | null;
  figures: Record<string, number | string>;
}

const VICTIMS = ["bridge", "edge", "csms"] as const;
const CSMS_TIMEOUT_MS = 3_000;
const FLEET_MESSAGES_PER_SECOND = 45;
const PACE_MIN_MS = 250;
const COMMANDS_PER_SECOND = 8;
const AT_ONCE = 16;
const PROGRESS_MS = 5_000;
const POLL_MS = 1_000;
/** [1.6, errata] An id is unique on its connection: many stations count. */
const COUNTS: Temper = { ...PLAIN, name: "counted messageIds", messageIds: "counter", resets: 0.2 };
const HASTY: Temper = { ...PLAIN, name: "hasty", hasty: true, resets: 0.2 };
const TEMPERS = [PLAIN, COUNTS, PLAIN, COUNTS, HASTY];

export async function runBridgeChaos(options: BridgeChaosOptions): Promise<BridgeOutcome> {
  const random = (actor: string) => Random.of(options.seed, actor);
  const [folder, files] = [temporaryFolder(), temporaryFolder()];
  const [keyFile, ledgerFile] = [join(files.dir, "key"), join(files.dir, "csms")];
  // Behind those that the edge finds.
  const [port = 0] = (await freePorts(4)).slice(-1);
  const edge = await EdgeProcess.create(folder.dir, {
    CSMS_TIMEOUT_MS: String(CSMS_TIMEOUT_MS),
    BOOT_RETRY_SECONDS: "1",
  });
  const pace = String(Math.min(COMMANDS_PER_SECOND, options.stations / 4));
  const csms = new Child(
    (start) => [join(import.meta.dirname, "csms.ts"), String(port), ledgerFile, `${options.seed}`, `${start}`, pace],
    (line) => line === "ready",
  );
  writeFileSync(ledgerFile, "");
  const to = ["--csms", `ws://127.0.0.1:${port}/ocpp`, "--port", "0"];
  const bridge = new Child(
    () => [join(import.meta.dirname, "../../../src/bridge/main.ts"), "--api", edge.url, "--key-file", keyFile, ...to],
    (line) => line.includes('"message":"ready"'),
  );
  const stations: ChaosStation[] = [];
  try {
    const csmsStart = csms.start();
    if (!(await edge.start())) throw new Error(`the edge did not start: ${edge.failedStarts.join("\n")}`);
    writeFileSync(keyFile, edge.apiKey);
    const kerbside = kerbsideAt(edge.url, edge.apiKey);
    stations.push(...(await makeStations(options.stations, edge, kerbside, random)));
    // The directory hears of them through a queue.
    await known(kerbside, options.stations);
    if (!(await csmsStart) || !(await bridge.start())) throw new Error([...csms.faults, ...bridge.faults].join("\n"));
    for (const station of stations) station.start();
    const kills: Record<string, number> = { bridge: 0, edge: 0, csms: 0 };
    const restarting = new Set<Promise<unknown>>();
    const from = Date.now();
    const report = (phase: string, more: Record<string, unknown> = {}) =>
      options.progress({
        phase,
        seconds: Math.round((Date.now() - from) / 1_000),
        ...kills,
        online: stations.filter(({ online }) => online).length,
        said: stations.reduce((sum, { recorder }) => sum + (recorder as WireRecorder).said.length, 0),
        commands: stations.reduce((sum, { recorder }) => sum + recorder.ledger.calls.length, 0),
        ...more,
      });
    const killing = random("kills");
    const kill = async (index: number) => {
      const victim = VICTIMS[index % VICTIMS.length] as (typeof VICTIMS)[number];
      const gone = killing.between(0, options.goneMaxMs);
      kills[victim] = (kills[victim] ?? 0) + 1;
      // A workerd that was killed alone is started again by its front; while the edge starts there is none.
      if (victim === "edge" && killing.chance(0.4) && (await edge.kill("workerd"))) return;
      await (victim === "edge" ? edge.kill("both") : { bridge, csms }[victim].kill());
      await delay(gone);
      await { bridge, edge, csms }[victim].start();
    };
    const disturbing = new AbortController();
    const lines = disturbLines(stations, random("lines"), disturbing.signal, new Occurrences());
    const ticker = setInterval(report, PROGRESS_MS, "chaos");
    try {
      // In bursts, so that one is killed before the other is back; each alone is not killed before it is up.
      const moments = bursts(options.kills, options.killingMs, random("kill-moments"));
      const turns = VICTIMS.map(() => Promise.resolve());
      await Promise.all([
        delay(options.killingMs),
        atEach(moments, disturbing.signal, (index) => {
          const place = index % VICTIMS.length;
          const turn = (turns[place] as Promise<void>).then(() => kill(index));
          turns[place] = turn;
          restarting.add(turn);
          return turn;
        }),
      ]);
    } finally {
      clearInterval(ticker);
      disturbing.abort();
    }
    await Promise.all([...restarting, lines]);
    csms.say("fair");
    const waiting = await settle(stations, kerbside, Date.now() + options.settlementMs, (text) =>
      report("settling", { waiting: text }),
    );
    const views: BridgeView[] = [];
    await forEach(stations, AT_ONCE, async ({ id }) => void views.push(await viewOf(id, kerbside)));
    report("settled");
    const ledgers: BridgeLedgers = {
      stations: stations.map(({ id, recorder }) => ({
        stationId: id,
        said: (recorder as WireRecorder).said,
        calls: recorder.ledger.calls,
      })),
      csms: readLedger(ledgerFile),
      views,
    };
    const faults = [
      ...edge.failedStarts.map((text) => `edge: ${text}`),
      ...bridge.faults.map((text) => `bridge: ${text}`),
      ...csms.faults.map((text) => `CSMS: ${text}`),
    ];
    return { ledgers, kills, faults, waiting, figures: figuresOf(ledgers) };
  } finally {
    for (const station of stations) station.stop();
    await bridge.kill();
    await csms.kill();
    await edge.stop();
    for (const each of [folder, files]) each.remove();
  }
}

async function makeStations(count: number, edge: EdgeProcess, kerbside: Kerbside, random: (actor: string) => Random) {
  const paceMs = Math.max((count / FLEET_MESSAGES_PER_SECOND) * 1_000, PACE_MIN_MS);
  const stations: ChaosStation[] = [];
  await forEach(
    Array.from({ length: count }, (_, number) => number),
    AT_ONCE,
    async (number) => {
      const id = `CHAOS-${String(number).padStart(4, "0")}`;
      const version: Version = number % 2 === 0 ? "ocpp1.6" : "ocpp2.0.1";
      await kerbside.station(id).register({ securityProfile: 0, protocols: [version], csms: "link" });
      const answering = random(`${id}-answers`);
      let executions = 0;
      stations[number] = new ChaosStation({
        id,
        version,
        endpoint: `ws://localhost:${edge.ports.http}/ocpp`,
        random: random(id),
        paceMs,
        temper: TEMPERS[Math.floor(number / 2) % TEMPERS.length] as Temper,
        recorder: new WireRecorder(id),
        execute: (action, payload) => executed(action, payload, ++executions, answering),
      });
    },
  );
  return stations;
}

async function known(kerbside: Kerbside, count: number): Promise<void> {
  for (let found = 0; found < count; await delay(100)) {
    found = 0;
    for await (const _ of kerbside.stations({ limit: 500 })) found++;
  }
}

async function viewOf(id: string, kerbside: Kerbside): Promise<BridgeView> {
  const nothing = { stationId: id, online: false, isLinked: false, backlog: -1, queuedCommands: -1 };
  const outcome = await outcomeOf(kerbside.station(id).get());
  if (outcome.kind !== "answer") return nothing;
  const { online, csms, queue } = outcome.value;
  return {
    stationId: id,
    online,
    isLinked: csms.since !== null,
    backlog: csms.backlog,
    queuedCommands: queue.commands,
  };
}

/** What is still waited for, in words; `null`: nothing. */
async function settle(
  stations: readonly ChaosStation[],
  kerbside: Kerbside,
  deadline: number,
  report: (waiting: string) => void,
): Promise<string | null> {
  let isFinished = false;
  void Promise.all(stations.map((one) => one.finish())).then(() => {
    isFinished = true;
  });
  for (;;) {
    const waiting: BridgeView[] = [];
    await forEach(stations, AT_ONCE, async ({ id }) => {
      const view = await viewOf(id, kerbside);
      if (!view.online || !view.isLinked || view.backlog !== 0 || view.queuedCommands !== 0) waiting.push(view);
    });
    if (isFinished && waiting.length === 0) return null;
    const text =
      waiting.length === 0 ? "stations have more to say" : `${waiting.length}, as ${JSON.stringify(waiting[0])}`;
    report(text);
    if (Date.now() >= deadline) return text;
    await delay(POLL_MS);
  }
}

function figuresOf({ stations, csms }: BridgeLedgers): Record<string, number | string> {
  const said = stations.flatMap((station) => station.said);
  const heard = csms.filter(({ kind }) => kind === "call");
  const answers = csms.filter((line) => line.kind === "answer");
  const distinct = new Set(
    heard.map((line) => JSON.stringify([line.stationId, line.messageId, "payload" in line && line.payload])),
  );
  return {
    "CALLs of stations, with a CALLRESULT, with a CALLERROR": [
      said.length,
      said.filter(({ answer }) => answer?.[0] === 3).length,
      said.filter(({ answer }) => answer?.[0] === 4).length,
    ].join(", "),
    "CALLs that came to the CSMS, more than once": `${heard.length}, ${heard.length - distinct.size}`,
    "commands of the CSMS, that came to stations, answered, of which refused": [
      csms.filter(({ kind }) => kind === "ask").length,
      stations.reduce((sum, { calls }) => sum + calls.length, 0),
      answers.length,
      answers.filter(({ frame }) => frame[0] === 4).length,
    ].join(", "),
  };
}
