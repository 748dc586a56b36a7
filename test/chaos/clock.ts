/**
 * The clock of the edge's processes, which jumps; everybody else's stays right. Must not know what that breaks.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Read by shifted-worker.js. Every request of the run and every station's upgrade carries it, so that a workerd that was started anew
 * has it at once: until then its clock is right, and jumps.
 */
export const CLOCK_HEADER = "x-chaos-clock";
const HOUR_MS = 3_600_000;
/** Of one jump, so ±2 h: the offset goes between these. */
const OFFSETS_MS = [0, 2 * HOUR_MS, 0, -2 * HOUR_MS, HOUR_MS, -HOUR_MS] as const;

export class EdgeClock {
  readonly file: string;
  #offsetMs = 0;
  /** When it jumped, by the right clock. */
  readonly jumps: number[] = [];

  constructor(dir: string) {
    this.file = join(dir, "chaos-clock");
  }

  /** As they are whenever they are read. */
  readonly headers: Readonly<Record<string, string>> = Object.defineProperty({}, CLOCK_HEADER, {
    enumerable: true,
    get: () => String(this.#offsetMs),
  });

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** To the next offset of the cycle, each at most 2 h from the last. */
  jump(): number {
    return this.#jumpTo(OFFSETS_MS[(this.jumps.length + 1) % OFFSETS_MS.length] as number);
  }

  /** The last jump, so that all that calms down does so under a clock that was ahead before. */
  setBack(): number {
    return this.#jumpTo(this.#offsetMs - 2 * HOUR_MS);
  }

  #jumpTo(offsetMs: number): number {
    this.#offsetMs = offsetMs;
    writeFileSync(this.file, String(offsetMs));
    this.jumps.push(Date.now());
    return offsetMs;
  }
}
