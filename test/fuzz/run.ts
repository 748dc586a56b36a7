/**
 * Drives odd frames into a local edge from many stations at once, and counts what must never happen. Must not know how
 * frames are made odd, nor how its counts are judged.
 */
import { readFileSync } from "node:fs";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import type { Kerbside } from "../support/kerbside.ts";
import { seeded } from "../support/ocpp-samples.ts";
import { TestStation } from "../support/test-station.ts";
import { oddFrame } from "./frames.ts";
import { illegality } from "./legal.ts";

export interface FuzzCounts {
  frames: number;
  answers: number;
  illegalAnswers: string[];
  droppedSockets: string[];
  unansweredHeartbeats: string[];
  /** workerd's resident memory in MB, at every tenth of the run. */
  rssMb: number[];
}

/** Frames of one station, below what its frame rate allows at once. */
export const FRAMES_PER_STATION = 2_500;
/** Names that take turns: each new one would cost the memory of one more object. */
const STATIONS = 24;
/** Odd frames between two Heartbeats that must be answered. */
const BATCH = 25;

export async function fuzz(kerbside: Kerbside, frames: number, seed: number, concurrency: number): Promise<FuzzCounts> {
  const counts: FuzzCounts = {
    frames: 0,
    answers: 0,
    illegalAnswers: [],
    droppedSockets: [],
    unansweredHeartbeats: [],
    rssMb: [],
  };
  const stations = Math.ceil(frames / FRAMES_PER_STATION);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < stations; index = next++) {
      await fuzzStation(
        kerbside,
        index,
        Math.min(FRAMES_PER_STATION, frames - index * FRAMES_PER_STATION),
        seed,
        counts,
      );
      if (counts.rssMb.length < Math.floor((counts.frames / frames) * 10)) counts.rssMb.push(residentMb(kerbside));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return counts;
}

async function fuzzStation(
  kerbside: Kerbside,
  index: number,
  frames: number,
  seed: number,
  counts: FuzzCounts,
): Promise<void> {
  const protocol = PROTOCOLS[index % PROTOCOLS.length] ?? "ocpp1.6";
  const id = `FUZZ${index % STATIONS}`;
  const rng = seeded(seed + index);
  await kerbside.register(id, {
    validation: (["strict", "lenient", "forward"] as const)[Math.floor(index / PROTOCOLS.length) % 3],
  });
  const url = `ws://localhost:${kerbside.edge.port}/ocpp/${id}`;
  const station = await TestStation.connect({ url, protocols: [protocol] });
  let awaited: { id: string; answered: () => void } | null = null;
  station.socket.on("message", (data) => {
    counts.answers++;
    const text = String(data);
    const fault = illegality(protocol, text);
    if (fault !== null && counts.illegalAnswers.length < 20)
      counts.illegalAnswers.push(`${protocol} ${fault}: ${text.slice(0, 300)}`);
    if (awaited !== null && text.startsWith(`[3,"${awaited.id}"`)) awaited.answered();
  });
  for (let sent = 0; sent < frames; sent += BATCH) {
    for (let i = 0; i < BATCH; i++) station.send(oddFrame(protocol, rng, `${sent + i}`));
    counts.frames += BATCH;
    const alive = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), 20_000);
      const answered = () => {
        clearTimeout(timer);
        resolve(true);
      };
      awaited = { id: `alive${sent}`, answered };
      void station.closed.then(() => resolve(false));
      station.send([2, `alive${sent}`, "Heartbeat", {}]);
    });
    station.frames.length = 0;
    if (alive) continue;
    const where = `${id} ${protocol} near frame ${sent} (seed ${seed + index})`;
    if (station.socket.readyState === station.socket.OPEN) counts.unansweredHeartbeats.push(where);
    else counts.droppedSockets.push(where);
    break;
  }
  station.kill();
}

function residentMb(kerbside: Kerbside): number {
  const pid = kerbside.edge.workerdPid();
  if (pid === undefined) return 0;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}
