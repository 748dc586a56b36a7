/**
 * Well-behaved stations in a process of their own, so that what is measured is the edge and not the attackers: each sends Heartbeats
 * at its pace and tells how long the answers took. Must not know what else happens to the edge, nor which times are good.
 */
import { TestStation, type StationOptions } from "../support/test-station.ts";

/** From the parent: first the stations, then the name of each phase; `null`: it is over. */
export type ToWitness = { stations: Record<string, StationOptions> } | { phase: string } | { phase: null };

export interface Testimony {
  /** ms, by station and phase. */
  latencies: Record<string, Record<string, number[]>>;
  /** How connections ended that were not to. */
  dropped: string[];
}

/** ms between two Heartbeats of a station; far below the rate that any station may have. */
const PACE_MS = 40;
/** ms for what is still awaited at the end. */
const LAST_WAIT_MS = 2_000;

const testimony: Testimony = { latencies: {}, dropped: [] };
let phase: string | null = "";

process.on("message", (message: ToWitness) => {
  if ("stations" in message) void start(message.stations);
  else if (message.phase !== null) phase = message.phase;
  else {
    phase = null;
    setTimeout(() => process.send?.(testimony, () => process.exit(0)), LAST_WAIT_MS);
  }
});

async function start(stations: Record<string, StationOptions>): Promise<void> {
  for (const [name, options] of Object.entries(stations)) {
    const station = await TestStation.connect(options);
    void station.closed.then(({ code, reason }) => {
      if (phase !== null) testimony.dropped.push(`${name}: ${code} ${reason}`);
    });
    beat(name, station);
  }
  process.send?.("ready");
}

/** One that falls due while another is awaited is sent late, and its time counts from when it was due. */
function beat(name: string, station: TestStation): void {
  const due: { at: number; phase: string }[] = [];
  const latencies: Record<string, number[]> = {};
  testimony.latencies[name] = latencies;
  let sent: (typeof due)[number] | undefined;
  let count = 0;
  const send = () => {
    sent = due.shift();
    if (sent !== undefined) station.send([2, `beat${count++}`, "Heartbeat", {}]);
  };
  station.socket.on("message", () => {
    station.frames.length = 0;
    if (sent === undefined) return;
    latencies[sent.phase] ??= [];
    latencies[sent.phase]?.push(performance.now() - sent.at);
    send();
  });
  const timer = setInterval(() => {
    if (phase === null || station.socket.readyState !== station.socket.OPEN) {
      clearInterval(timer);
      return;
    }
    due.push({ at: performance.now(), phase });
    if (sent === undefined) send();
  }, PACE_MS);
}
