/**
 * How a run is going: one line rewritten on a terminal, JSON lines elsewhere. Must not know how the run is made.
 */
import type { Fleet } from "../fleet/fleet.ts";
import { processUse } from "../fleet/process-limits.ts";

const TERMINAL_MS = 500;
const LINES_MS = 5_000;
const ERASE = "\r\u001b[2K";

export interface Progress {
  stop(): void;
}

export function showProgress(fleet: Fleet, out: NodeJS.WriteStream): Progress {
  const from = performance.now();
  const line = () => progressOf(fleet, Math.round((performance.now() - from) / 100) / 10);
  const write = out.isTTY
    ? () => out.write(ERASE + textOf(line()).slice(0, (out.columns || 80) - 1))
    : () => out.write(`${JSON.stringify(line())}\n`);
  const timer = setInterval(write, out.isTTY ? TERMINAL_MS : LINES_MS);
  return {
    stop: () => {
      clearInterval(timer);
      if (out.isTTY) out.write(ERASE);
    },
  };
}

function progressOf({ statistics, stations, options }: Fleet, seconds: number) {
  let online = 0;
  let charging = 0;
  for (const station of stations.values()) {
    if (station.isIn) online++;
    if (station.evse.transaction !== null) charging++;
  }
  return {
    type: "progress",
    seconds,
    stations: options.stations,
    in: online,
    charging,
    connects: statistics.sum(({ connects }) => connects.count),
    calls: statistics.sum(({ calls }) => calls.count),
    failed: statistics.sum(({ callFailures }) => callFailures.total),
    sessions: statistics.sum(({ sessions }) => sessions),
    rounds: statistics.rounds,
    rssMb: processUse().rssMb,
  };
}

function textOf({ type: _, seconds, stations, in: online, rssMb, ...rest }: ReturnType<typeof progressOf>): string {
  const counts = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `${seconds.toFixed(0).padStart(4)} s  in ${online}/${stations}  ${counts.join("  ")}  ${rssMb} MB`;
}
