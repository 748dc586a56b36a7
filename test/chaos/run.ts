/**
 * One run of chaos: a fleet that charges, backends that fail, callers that insist, faults by their calendar; then calm,
 * and what everybody saw. Must not judge it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../support/edge-client.ts";
import { SECRET } from "../support/http-peers.ts";
import type { Kerbside } from "../../src/client/kerbside.ts";
import { type ClientSettings, kerbsideAt, outcomeOf } from "./api.ts";
import { Backend, csms, Receivers } from "./backend.ts";
import { atEach, bursts, spread } from "./calendar.ts";
import { Caller } from "./callers.ts";
import { EdgeClock } from "./clock.ts";
import { Downtime } from "./downtime.ts";
import { EdgeProcess } from "./edge-process.ts";
import { type Chosen, Occurrences } from "./faults.ts";
import { killFirstStart } from "./first-starts.ts";
import { figuresOf } from "./figures.ts";
import { disturbLines, makeFleet, registrationOf } from "./fleet.ts";
import { Guests } from "./guests.ts";
import { HealthWatch } from "./health.ts";
import { Lag } from "./lag.ts";
import type { Bounds, Ledgers } from "./ledger.ts";
import { sampleLoad } from "./process-load.ts";
import { Random } from "./random.ts";
import { Registrar } from "./registrations.ts";
import { collect, isSettled } from "./settlement.ts";
import type { ChaosStation } from "./station.ts";
import { markUnread } from "./read-answers.ts";
import { BACKLOG_MAX, webhooksOf } from "./webhooks.ts";

export interface ChaosOptions {
  seed: number;
  stations: number;
  kills: number;
  chosen: Chosen;
  /** How often a run of this length has each fault that its calendar counts. */
  counts: Counts;
  /** ms from the first message on, in which the faults find their moments. */
  killingMs: number;
  /** ms at most for everything to calm down after the last. */
  settlementMs: number;
  /** In the end, with nothing to do, in which the processes are sampled. */
  calmSeconds: number;
  bounds: Bounds;
  /** What the edge said. */
  logFile?: string | undefined;
  progress(line: Record<string, unknown>): void;
}

export interface Counts {
  registrations: number;
  webhooks: number;
  clock: number;
  rivals: number;
  firstStarts: number;
}

export interface Outcome {
  ledgers: Ledgers;
  chosen: Chosen;
  occurrences: Occurrences;
  kills: number;
  /** Starts that did not come up, with what they said. */
  failedStarts: string[];
  settled: boolean;
  figures: Record<string, number | string>;
}

const CALLERS = 5;
const COMMANDS_PER_SECOND = 10;
const HEARTBEAT_SECONDS = 20;
const PROGRESS_MS = 5_000;
/** How long somebody who insists may take beyond the time of the faults. */
const INSISTING_MAX_MS = 60_000;
const SETTLEMENT_POLL_MS = 1_000;
/** ms that one attempt may take: a command is waited for 8 s, a deregistration has a bound of its own. */
const COMMAND_MAX_MS = 20_000;
const REGISTRATION_MAX_MS = 30_000;

export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const { chosen, counts } = options;
  const random = (actor: string) => Random.of(options.seed, actor);
  const occurrences = new Occurrences();
  const starts = await killFirstStarts(chosen.has("first-starts") ? counts.firstStarts : 0, random, occurrences);
  const receivers = new Receivers();
  const webhooks = webhooksOf(chosen);
  const csmsOdds = chosen.has("backends") ? { fair: 0.03, foul: 0.3 } : { fair: 0, foul: 0 };
  const doors = Object.entries(webhooks).map(([name, { door }]) => receivers.door(name, door));
  const backend = await Backend.start([...doors, csms(csmsOdds, HEARTBEAT_SECONDS, random("csms-mood"))], random);
  const [folder, clockFolder, lag] = [temporaryFolder(), temporaryFolder(), new Lag()];
  const clock = new EdgeClock(clockFolder.dir);
  const edge = await EdgeProcess.create(
    folder.dir,
    {
      CSMS_URL: backend.urlOf("csms"),
      CSMS_TIMEOUT_MS: "3000",
      BOOT_RETRY_SECONDS: "1",
      WEBHOOK_RETRY_BASE_MS: "200",
      WEBHOOK_BACKLOG_MAX: String(BACKLOG_MAX),
    },
    {
      ...(chosen.has("clock") && { clockFile: clock.file }),
      ...(options.logFile !== undefined && { logFile: options.logFile }),
    },
  );
  let stations: ChaosStation[] = [];
  const watches: HealthWatch[] = [];
  try {
    if (!(await edge.start())) throw new Error(`the edge did not start: ${edge.failedStarts.join("\n")}`);
    const always = () => (chosen.has("clock") ? clock.headers : {});
    const client = (more: ClientSettings = {}) => kerbsideAt(edge.url, edge.apiKey, { always, ...more });
    const kerbside = client();
    stations = await makeFleet(options.stations, chosen, edge, kerbside, random, always());
    for (const [name, { types }] of Object.entries(webhooks)) {
      await kerbside.putWebhook(name, { url: backend.urlOf(name), secret: SECRET, types });
    }
    const ids = stations.map(({ id }) => id);
    const pace = (CALLERS * 1_000) / Math.min(COMMANDS_PER_SECOND, options.stations / 4);
    const insisting = client({ timeoutMs: COMMAND_MAX_MS });
    const callers = Array.from(
      { length: CALLERS },
      (_, index) => new Caller(`caller-${index}`, insisting, ids, random(`caller-${index}`), pace),
    );
    for (const each of [...stations, ...callers]) each.start();
    const downtime = new Downtime(edge, random("kills"), occurrences);
    const registrar = new Registrar({
      kerbside: client({ timeoutMs: REGISTRATION_MAX_MS, retries: 0 }),
      lag,
      random: random("registrations"),
      occurrences,
      downtime,
      registrationOf,
    });
    const guests = new Guests(kerbside, backend, receivers, occurrences);
    const watch = new HealthWatch(edge.url);
    watches.push(watch);
    const report = reporter(options, stations, callers, receivers, downtime);

    const disturbing = new AbortController();
    const lines = chosen.has("lines") ? disturbLines(stations, random("lines"), disturbing.signal, occurrences) : null;
    const scheduled = (count: number, actor: string, work: (index: number) => Promise<void> | void) =>
      atEach(spread(count, options.killingMs, random(`${actor}-moments`)), disturbing.signal, work);
    const ticker = setInterval(report, PROGRESS_MS, "chaos");
    try {
      const all = Promise.all([
        delay(options.killingMs),
        chosen.has("kills") &&
          atEach(bursts(options.kills, options.killingMs, random("kill-moments")), disturbing.signal, () =>
            downtime.kill(),
          ),
        chosen.has("registrations") &&
          scheduled(counts.registrations, "registrations", () => registrar.disturb(stations)),
        chosen.has("webhooks") && scheduled(counts.webhooks, "webhooks", () => guests.change()),
        chosen.has("rivals") && scheduled(counts.rivals, "rivals", (index) => downtime.rival(index % 2 === 1)),
        chosen.has("clock") && scheduled(counts.clock, "clock", () => jump(clock.jump(), kerbside, occurrences)),
      ]);
      // An edge that answers nobody any more must not keep the run from telling so.
      await Promise.race([all, delay(options.killingMs + INSISTING_MAX_MS, undefined, { ref: false })]);
    } finally {
      clearInterval(ticker);
    }
    disturbing.abort();
    if (!(await downtime.calm())) report("the edge is not up");
    if (chosen.has("webhooks")) await Promise.race([guests.stay(), delay(INSISTING_MAX_MS)]);
    for (const each of [registrar, guests]) each.giveUp();
    if (chosen.has("clock")) await jump(clock.setBack(), kerbside, occurrences);
    await lines;
    const backlog = chosen.has("dead") ? await largestBacklog(stations, kerbside) : 0;
    // Nothing is settled beside a webhook that never takes anything.
    if (chosen.has("dead")) await outcomeOf(kerbside.deleteWebhook("dead"));
    backend.recover();
    report("settling");
    const replays: number[] = [];
    const living = Object.keys(webhooks).filter((name) => webhooks[name]?.isDead !== true);
    const settled = await settle(
      stations,
      callers,
      kerbside,
      Date.now() + options.settlementMs,
      living,
      replays,
      (waiting) => report("settling", { waiting }),
    );
    registrar.stop();
    const idle = await sampleLoad(edge.pid ?? 0, options.calmSeconds);
    const health = await watch.stop();
    watches.pop();
    const seen = await collect(stations, callers, kerbside);
    report("settled");
    if (chosen.has("backends")) occurrences.count("backends", undefined, backend.failures);
    occurrences.count("sizes", undefined, backend.tooLarge);
    occurrences.count("pauses", undefined, backend.busy);
    occurrences.count("dead", undefined, backend.dead);
    const [flooding, others] = [stations.filter(({ floods }) => floods), stations.filter(({ floods }) => !floods)];
    occurrences.count("flood", undefined, countMessages(flooding));
    occurrences.count(
      "ids",
      undefined,
      others.reduce((sum, { peculiarities }) => sum + peculiarities, 0),
    );
    markUnread(receivers.deliveries, edge.readAnswers);
    const ledgers: Ledgers = {
      ...seen,
      deliveries: [...receivers.deliveries],
      webhooks: Object.fromEntries(living.map((name) => [name, webhooks[name]?.types ?? []])),
      guests: guests.guests,
      deregistrations: registrar.deregistrations,
      registrations: registrar.registrations,
      lastNumbers: registrar.lastNumbers,
      interruptions: downtime.interruptions,
      clockJumps: clock.jumps,
      replays,
      health,
      idle,
      starts: [...starts, ...downtime.faults],
      bounds: options.bounds,
    };
    return {
      ledgers,
      chosen,
      occurrences,
      kills: downtime.kills,
      failedStarts: edge.failedStarts,
      settled,
      figures: {
        ...figuresOf(stations, callers, backend, ledgers, edge.starts),
        "largest backlog of a station, of the dead webhook's bound": `${backlog} of ${BACKLOG_MAX}`,
      },
    };
  } finally {
    for (const station of stations) station.stop();
    for (const watch of watches) await watch.stop();
    await edge.stop();
    await backend.stop();
    lag.stop();
    for (const each of [folder, clockFolder]) each.remove();
  }
}

async function killFirstStarts(count: number, random: (actor: string) => Random, occurrences: Occurrences) {
  const faults: string[] = [];
  for (let index = 0; index < count; index++) {
    const fault = await killFirstStart(random(`first-start-${index}`));
    occurrences.count("first-starts");
    if (fault !== null) faults.push(fault);
  }
  return faults;
}

/** Every workerd learns of it with the next request, so there is one. */
async function jump(offsetMs: number, { service }: Kerbside, occurrences: Occurrences): Promise<void> {
  await outcomeOf(service.health());
  occurrences.count("clock", `to ${offsetMs / 3_600_000} h`);
}

async function largestBacklog(stations: ChaosStation[], kerbside: Kerbside): Promise<number> {
  const flooding = stations.filter(({ floods }) => floods);
  const asked = flooding.length > 0 ? flooding : stations.slice(0, 1);
  const views = await Promise.all(asked.map(({ id }) => outcomeOf(kerbside.station(id).get())));
  return Math.max(...views.map((view) => (view.kind === "answer" ? view.value.queue.events : 0)));
}

function reporter(
  { progress }: ChaosOptions,
  stations: ChaosStation[],
  callers: Caller[],
  { deliveries }: Receivers,
  downtime: Downtime,
) {
  const from = Date.now();
  return (phase: string, more: Record<string, unknown> = {}) =>
    progress({
      phase,
      seconds: Math.round((Date.now() - from) / 1_000),
      kills: downtime.kills,
      online: stations.filter(({ online }) => online).length,
      messages: countMessages(stations),
      deliveries: deliveries.length,
      commands: callers.reduce((sum, { requests }) => sum + requests.length, 0),
      ...more,
    });
}

const countMessages = (stations: ChaosStation[]) =>
  stations.reduce((sum, { recorder }) => sum + recorder.ledger.messages.length, 0);

/** Everybody finishes what they are at; `true` once nothing waits anywhere. */
async function settle(
  stations: ChaosStation[],
  callers: Caller[],
  kerbside: Kerbside,
  deadline: number,
  webhooks: string[],
  replays: number[],
  report: (waiting: string) => void,
): Promise<boolean> {
  const finished = Promise.all([...callers.map((caller) => caller.stop()), ...stations.map((one) => one.finish())]);
  let isFinished = false;
  void finished.then(() => {
    isFinished = true;
  });
  for (let round = 0; Date.now() < deadline; round++) {
    if (round % 10 === 5) {
      replays.push(Date.now());
      for (const name of webhooks) await outcomeOf(kerbside.replayWebhook(name));
    }
    const waiting = await isSettled(stations, kerbside).catch((error: Error) => error.message);
    if (waiting === null && isFinished) return true;
    report(waiting ?? "messages of stations");
    await delay(SETTLEMENT_POLL_MS);
  }
  return false;
}
