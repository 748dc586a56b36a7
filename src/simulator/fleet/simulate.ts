/**
 * One run: the brokers found, the fleet made, the scenario run, all of it ended and summed up. Must not know the command line,
 * signals or terminals.
 */
import { randomUUID } from "node:crypto";
import { descriptorLimit, STATIONS_PER_LOCAL_EDGE } from "../../local/runtime/shard-count.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import { Bridging } from "./bridging.ts";
import { Broker, NotUsable } from "./broker.ts";
import { CONNECTS_AT_ONCE, Fleet, REGISTRATIONS_AT_ONCE } from "./fleet.ts";
import { processUse } from "./process-limits.ts";
import { run } from "./scenarios.ts";
import { type Summary, summarise } from "./summary.ts";

export interface RunOptions {
  /** The folder of a target that names none. */
  dir: string;
  /** Aborted: the run ends at once, with what it has. */
  interrupt: AbortSignal;
  /** Called once the fleet is there, before its first station. */
  onFleet(fleet: Fleet): void;
  warn(sentence: string): void;
  /** ms that the stations have to end in an orderly way once `interrupt` came (4,000). */
  hurryMs?: number;
}

/** For all that is no station: modules, threads, the API's connections. */
const OWN_FILE_DESCRIPTORS = 100;
/** A station has there: its link, and its socket at the CSMS. */
const SOCKETS_IN_BRIDGE = 2;
const FINISH_WITHIN_MS = 20_000;
const HURRY_MS = 4_000;
const SAMPLE_MS = 500;

export async function simulate(options: SimulationOptions, runOptions: RunOptions): Promise<Summary> {
  const { stations, targets, csms, connectsPerSecond } = options;
  const { dir, warn } = runOptions;
  const limit = descriptorLimit();
  const inBridge = csms === null ? 0 : SOCKETS_IN_BRIDGE * Math.ceil(stations / targets.length);
  if (limit !== null && Math.max(stations, inBridge) + OWN_FILE_DESCRIPTORS > limit) {
    const whose = inBridge > stations ? "a bridge's" : "this";
    throw new NotUsable(
      `${stations} stations need more file descriptors than the ${limit} of ${whose} process (ulimit -n)`,
    );
  }
  const brokers = await Promise.all(targets.map((target) => Broker.find(target, dir)));
  if (stations > STATIONS_PER_LOCAL_EDGE * targets.length) {
    warn(
      `A local edge takes about ${STATIONS_PER_LOCAL_EDGE} stations; start it with a greater KERBSIDE_WORKERDS, ` +
        `or start several and repeat --target, --tls-target, --mtls-target and --dir`,
    );
  }
  const bridging = csms === null ? null : await Bridging.prepare(randomUUID(), csms, brokers, connectsPerSecond);
  try {
    return await simulated(new Fleet(options, brokers, bridging), runOptions, limit);
  } finally {
    await bridging?.stop();
  }
}

async function simulated(
  fleet: Fleet,
  { interrupt, onFleet, hurryMs = HURRY_MS }: RunOptions,
  limit: number | null,
): Promise<Summary> {
  const { options, bridging } = fleet;
  const before = processUse();
  const peak = { ...before };
  const sampler = setInterval(() => {
    const { rssMb, fileDescriptors } = processUse();
    peak.rssMb = Math.max(peak.rssMb, rssMb);
    if (fileDescriptors !== null) peak.fileDescriptors = Math.max(peak.fileDescriptors ?? 0, fileDescriptors);
  }, SAMPLE_MS);
  for (const number of fleet.numbers) fleet.statistics.of(fleet.mixOf(number)).stations++;
  onFleet(fleet);
  const from = performance.now();
  const over = new AbortController();
  const endAt = setTimeout(() => over.abort(), options.durationMs);
  const onInterrupt = () => over.abort();
  interrupt.addEventListener("abort", onInterrupt, { once: true });
  bridging?.broken.addEventListener("abort", onInterrupt, { once: true });
  if (interrupt.aborted) over.abort();
  try {
    await run(fleet, over.signal, interrupt);
    countMissing(fleet);
    await bridging?.look();
  } finally {
    clearTimeout(endAt);
    interrupt.removeEventListener("abort", onInterrupt);
    await fleet.finish(interrupt.aborted ? hurryMs : FINISH_WITHIN_MS);
    clearInterval(sampler);
  }
  const bridge = bridging === null ? null : await bridging.settled();
  return summarise(options, fleet.statistics, {
    seconds: (performance.now() - from) / 1_000,
    interruptedBySignal: interrupt.aborted,
    bridge,
    limits: {
      fileDescriptors: limit,
      fileDescriptorsUsed: peak.fileDescriptors,
      rssMb: peak.rssMb,
      rssMbBefore: before.rssMb,
      connectsAtOnce: CONNECTS_AT_ONCE,
      connectsPerSecond: options.connectsPerSecond,
      registrationsAtOnce: REGISTRATIONS_AT_ONCE,
      stationsPerLocalEdge: STATIONS_PER_LOCAL_EDGE,
    },
  });
}

/** A scenario that keeps its stations wants all of them in at its end. */
function countMissing(fleet: Fleet): void {
  if (fleet.options.scenario === "churn") return;
  for (const number of fleet.numbers) {
    const station = fleet.stations.get(number);
    const { missing } = fleet.statistics.of(fleet.mixOf(number));
    if (station !== undefined && !station.isIn) missing.add("not in at the end");
    // Those whose registration failed are counted with the reason.
    if (station === undefined && !fleet.unregistered.has(number)) missing.add("its turn never came");
  }
}
