/**
 * Thousands of stations carried by one bridge: what each costs it in memory and descriptors, and how long until all are linked again
 * after it was ended. Must not know how a link works.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { BridgeProcess } from "../../../src/simulator/csms/bridge-process.ts";
import { BOOT, forEach } from "../bench.ts";
import { workerdsFor, stationsThatFit } from "../descriptors.ts";
import { BenchStation } from "../station.ts";
import { LinkEdge, openFiles, rssKb, ServerProcess } from "./processes.ts";

/** [issue 14] Of the bridge's memory, both sockets of a station. */
const KB_MAX = 60;
/** s until all are linked again after a restart of the bridge. */
const LINKED_AGAIN_MAX_S = 90;
const LABEL = "bench=link";
/** The bridge's own default. */
const CONNECTS_PER_SECOND = 100;
const WITHIN_MS = 600_000;
const POLL_MS = 250;
/** ms in which what an opening left behind is collected. */
const SETTLE_MS = 5_000;
/** Descriptors of a front for requests, beside its sockets. */
const REQUESTS = 100;
/** Stations that ask their CSMS something once all is there. */
const SAMPLE = 50;

export interface FleetFigures {
  stations: number;
  online: number;
  kbLink: number;
  kbCsms: number;
  kbBoth: number;
  descriptors: { bridge: number; front: number; csms: number };
  firstSeconds: number;
  againSeconds: number;
  allSeconds: number;
}

/** @param place a folder for the edge's state */
export async function measureFleet(place: string, stations: number): Promise<FleetFigures> {
  const ends: (() => Promise<void>)[] = [];
  const all: BenchStation[] = [];
  try {
    const csms = await ServerProcess.start("csms");
    ends.unshift(() => csms.stop());
    const workerds = workerdsFor(2 * stations);
    const edge = await LinkEdge.start(place, { workerds });
    ends.unshift(() => edge.stop());
    const idle = await edge.bridge(csms, "bench=nobody", CONNECTS_PER_SECOND);
    await delay(SETTLE_MS);
    const ownKb = rssKb(pidOf(idle));
    await idle.stop();

    const ids = Array.from({ length: stations }, (_, index) => `FLEET-${index}`);
    note(`registering ${stations} stations …`);
    await forEach(ids, (id) => edge.register(id, { csms: "link", labels: { bench: "link" } }));
    note("linking them …");
    let bridge = await edge.bridge(csms, LABEL, CONNECTS_PER_SECOND);
    ends.unshift(() => bridge.stop());
    const firstSeconds = await until(bridge, (figures) => (figures?.linked ?? 0) >= stations);
    await delay(SETTLE_MS);
    const linkedKb = rssKb(pidOf(bridge));

    const count = onlineOf(stations, stationsThatFit(Number.MAX_SAFE_INTEGER, workerds));
    note(`connecting ${count} of them …`);
    await forEach(ids.slice(0, count), async (id) => {
      all.push(await BenchStation.connect(edge.stationUrl(id)));
    });
    const isCarried = (figures: Awaited<ReturnType<BridgeProcess["figures"]>>) =>
      (figures?.linked ?? 0) >= stations && (figures?.sockets.open ?? 0) >= count;
    await until(bridge, isCarried);
    await delay(SETTLE_MS);
    const carriedKb = rssKb(pidOf(bridge));
    const descriptors = {
      bridge: openFiles(pidOf(bridge)),
      front: openFiles(edge.front),
      csms: openFiles(csms.pid),
    };
    await forEach(all.slice(0, SAMPLE), (station) => station.call("BootNotification", BOOT));

    note("ending the bridge, and starting it anew …");
    const from = performance.now();
    await bridge.stop();
    bridge = await edge.bridge(csms, LABEL, CONNECTS_PER_SECOND);
    await until(bridge, (figures) => (figures?.linked ?? 0) >= stations);
    const againSeconds = (performance.now() - from) / 1_000;
    await until(bridge, isCarried);
    const allSeconds = (performance.now() - from) / 1_000;
    await forEach(all.slice(0, SAMPLE), (station) => station.call("BootNotification", BOOT));
    return {
      ...{ stations, online: count, descriptors, firstSeconds, againSeconds, allSeconds },
      kbLink: (linkedKb - ownKb) / stations,
      kbCsms: (carriedKb - linkedKb) / count,
      kbBoth: (linkedKb - ownKb) / stations + (carriedKb - linkedKb) / count,
    };
  } finally {
    for (const station of all) station.drop();
    for (const end of ends) await end();
  }
}

/** All of them, or as many as there is room for beside the links. @param room for sockets, in a front and its workerds */
export const onlineOf = (stations: number, room: number): number =>
  Math.max(0, Math.min(stations, room - stations - REQUESTS));

const pidOf = ({ program }: BridgeProcess): number => program.child.pid ?? 0;
const note = (text: string) => process.stderr.write(`${text}\n`);

/** s that it took. */
async function until(
  bridge: BridgeProcess,
  isSo: (figures: Awaited<ReturnType<BridgeProcess["figures"]>>) => boolean,
): Promise<number> {
  const from = performance.now();
  for (;;) {
    const figures = await bridge.figures();
    if (isSo(figures)) return (performance.now() - from) / 1_000;
    if (bridge.program.gone.aborted) throw new Error(`the bridge ended: ${bridge.program.complaint}`);
    if (performance.now() - from > WITHIN_MS) throw new Error(`waited in vain: ${JSON.stringify(figures)}`);
    await delay(POLL_MS);
  }
}

export const isWithin = ({ kbBoth, againSeconds }: FleetFigures): boolean =>
  kbBoth <= KB_MAX && againSeconds <= LINKED_AGAIN_MAX_S;

export function fleetText(figures: FleetFigures): string {
  const { stations, online, kbLink, kbCsms, kbBoth, descriptors, firstSeconds, againSeconds, allSeconds } = figures;
  const { bridge, front, csms } = descriptors;
  return [
    `${stations} stations linked by one bridge, ${online} of them online`,
    "",
    "| | |",
    "| --- | ---: |",
    `| memory (RSS) of the bridge a station, its link | ${kbLink.toFixed(1)} KB |`,
    `| its socket at the CSMS | ${kbCsms.toFixed(1)} KB |`,
    `| both | ${kbBoth.toFixed(1)} KB of ${KB_MAX} |`,
    `| descriptors of the bridge, the local front, the CSMS | ${bridge}, ${front}, ${csms} |`,
    `| all linked, ${CONNECTS_PER_SECOND} a second | ${firstSeconds.toFixed(0)} s |`,
    `| all linked again, from the end of the bridge on | ${againSeconds.toFixed(0)} s of ${LINKED_AGAIN_MAX_S} |`,
    `| and at the CSMS | ${allSeconds.toFixed(0)} s |`,
    "",
    isWithin(figures) ? "WITHIN" : "OVER",
  ].join("\n");
}
