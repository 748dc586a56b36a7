/**
 * How long a station waits for what its CSMS decides, one CALL at a time: by link and bridge, by `CSMS_URL`, and connected directly;
 * and the CPU that each process takes for it. Must not know how a link works.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../chaos/random.ts";
import { BOOT, shuffled } from "../bench.ts";
import { percentile } from "../comparison.ts";
import { cpuMs, type Spread, show, spread } from "../figures.ts";
import { BenchStation } from "../station.ts";
import { LinkEdge, ServerProcess } from "./processes.ts";

export const WAYS = ["link", "CSMS_URL", "directly"] as const;
type Way = (typeof WAYS)[number];

export interface LatencySizes {
  /** They take turns: one alone would be a flood. */
  stations: number;
  rounds: number;
  callsPerRound: number;
}
export const SIZES: LatencySizes = { stations: 20, rounds: 40, callsPerRound: 100 };

/** [issue 14] p99 by the link, over that by CSMS_URL. */
const TIMES_MAX = 1.25;
/** Rounds whose samples make one p99 of the spread: one round alone has too few. */
const ROUNDS_A_GROUP = 8;
/** What is done behind an answer belongs to it. */
const AFTERWARDS_MS = 50;
const WARM_UP_CALLS = 200;
const LINKED_WITHIN_MS = 60_000;
const LABEL = "bench=link";

interface Arm {
  way: Way;
  stations: BenchStation[];
  processes: Record<string, number>;
  /** ms, a round each. */
  waits: number[][];
  /** µs a CALL, by process, a round each. */
  cpu: Record<string, number[]>;
  calls: number;
}

export interface Latencies {
  arms: Pick<Arm, "way" | "waits" | "cpu">[];
  times: Spread;
  passed: boolean;
}

/** @param place a folder for the edges' state */
export async function measureLatencies(place: string, sizes: LatencySizes): Promise<Latencies> {
  const [linkCsms, urlCsms, ownCsms] = await Promise.all([1, 2, 3].map(() => ServerProcess.start("csms")));
  const ends: (() => Promise<void>)[] = [linkCsms, urlCsms, ownCsms].map((csms) => async () => csms?.stop());
  try {
    if (linkCsms === undefined || urlCsms === undefined || ownCsms === undefined) throw new Error("no CSMS");
    const linked = await LinkEdge.start(place, { workerds: 1 });
    ends.unshift(() => linked.stop());
    const env = { CSMS_URL: `http://127.0.0.1:${urlCsms.served.port}/csms` };
    const asking = await LinkEdge.start(place, { workerds: 1, env });
    ends.unshift(() => asking.stop());
    const ids = Array.from({ length: sizes.stations }, (_, index) => `LINK-${index}`);
    for (const id of ids) {
      await linked.register(id, { csms: "link", labels: { bench: "link" } });
      await asking.register(id, {});
    }
    const bridge = await linked.bridge(linkCsms, LABEL, 100);
    ends.unshift(() => bridge.stop());
    if (!(await bridge.linked(ids.length, LINKED_WITHIN_MS, new AbortController().signal))) throw new Error("no links");
    const own = `ws://127.0.0.1:${ownCsms.served.port}/ocpp`;
    const pidOf = (edge: LinkEdge) => ({ workerd: edge.workerds[0] ?? 0, front: edge.front });
    const arms: Arm[] = [
      await armOf("link", ids, (id) => linked.stationUrl(id), {
        ...pidOf(linked),
        bridge: bridge.program.child.pid ?? 0,
        CSMS: linkCsms.pid,
      }),
      await armOf("CSMS_URL", ids, (id) => asking.stationUrl(id), { ...pidOf(asking), CSMS: urlCsms.pid }),
      await armOf("directly", ids, (id) => `${own}/${id}`, { CSMS: ownCsms.pid }),
    ];
    for (const arm of arms) await callsOf(arm, WARM_UP_CALLS);
    const random = new Random(14);
    for (let round = 0; round < sizes.rounds; round++) {
      for (const arm of shuffled(arms, random)) await measureRound(arm, sizes.callsPerRound);
    }
    for (const { stations } of arms) for (const station of stations) station.drop();
    return judged(arms);
  } finally {
    for (const end of ends) await end();
  }
}

async function armOf(way: Way, ids: string[], url: (id: string) => string, processes: Arm["processes"]): Promise<Arm> {
  const stations: BenchStation[] = [];
  for (const id of ids) {
    const station = await BenchStation.connect(url(id));
    // Answered by the CSMS: from then on there is a way to it.
    await station.call("BootNotification", BOOT);
    stations.push(station);
  }
  const cpu = Object.fromEntries(Object.keys(processes).map((name) => [name, []]));
  return { way, stations, processes, waits: [], cpu, calls: 0 };
}

async function measureRound(arm: Arm, calls: number): Promise<void> {
  const names = Object.entries(arm.processes);
  const before = names.map(([, pid]) => cpuMs(pid));
  arm.waits.push(await callsOf(arm, calls));
  await delay(AFTERWARDS_MS);
  names.forEach(([name, pid], at) => {
    arm.cpu[name]?.push((1_000 * (cpuMs(pid) - (before[at] ?? 0))) / calls);
  });
}

/** Each unlike any before: the same would pass for a repetition. */
async function callsOf(arm: Arm, calls: number): Promise<number[]> {
  const waits: number[] = [];
  for (let count = 0; count < calls; count++) {
    const number = arm.calls++;
    const idTag = `T${number}`;
    const station = arm.stations[number % arm.stations.length];
    const timestamp = new Date().toISOString();
    const from = performance.now();
    if (number % 2 === 0) await station?.call("Authorize", { idTag });
    else await station?.call("StartTransaction", { connectorId: 1, idTag, meterStart: number, timestamp });
    waits.push(performance.now() - from);
  }
  return waits;
}

const p99 = (samples: number[]): number => percentile(samples, 0.99);

/** Samples of some rounds each. */
const groupsOf = (waits: number[][]): number[][] =>
  Array.from({ length: Math.ceil(waits.length / ROUNDS_A_GROUP) }, (_, group) =>
    waits.slice(group * ROUNDS_A_GROUP, (group + 1) * ROUNDS_A_GROUP).flat(),
  );

export function judged(arms: Latencies["arms"]): Latencies {
  const [link = [], url = []] = ["link", "CSMS_URL"].map((way) => arms.find((arm) => arm.way === way)?.waits ?? []);
  const inUrl = groupsOf(url);
  const ratios = groupsOf(link).map((samples, group) => p99(samples) / p99(inUrl[group] ?? []));
  const times = { ...spread(ratios), median: p99(link.flat()) / p99(url.flat()) };
  return { arms, times, passed: times.median <= TIMES_MAX };
}

export function latenciesText({ arms, times, passed }: Latencies, sizes: LatencySizes): string {
  const processes = ["workerd", "front", "bridge", "CSMS"];
  const two = ({ median, low, high }: Spread) => `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
  const rows = arms.map(({ way, waits, cpu }) => {
    const slow = spread(groupsOf(waits).map(p99));
    const all = waits.flat();
    const of = (name: string) => (cpu[name] === undefined ? "" : show(spread(cpu[name])));
    const sums = waits.map((_, round) => Object.values(cpu).reduce((sum, each) => sum + (each[round] ?? 0), 0));
    const p50 = { ...spread(waits.map((each) => spread(each).median)), median: spread(all).median };
    const cells = [way, two(p50), two({ ...slow, median: p99(all) }), ...processes.map(of), show(spread(sums))];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    `A station's CALL that its CSMS decides, ${sizes.rounds} rounds of ${sizes.callsPerRound}, turn about`,
    "",
    `| | p50 ms | p99 ms | ${processes.map((name) => `CPU of ${name}, µs a CALL`).join(" | ")} | of all |`,
    `| --- | ${processes.map(() => "---:").join(" | ")} | ---: | ---: | ---: |`,
    ...rows,
    "",
    `${passed ? "WITHIN" : "OVER"}: p99 by the link is ${two(times)} × that by CSMS_URL, of ${TIMES_MAX}`,
  ].join("\n");
}
