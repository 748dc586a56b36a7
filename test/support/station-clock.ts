/**
 * The clock and the alarms of an edge that runs `ringing-worker.js`. Must not know what a station's alarm is for.
 */
import { join } from "node:path";
import type { Kerbside } from "./kerbside.ts";

export const CLOCK_WORKER = join(import.meta.dirname, "ringing-worker.js");

export class StationClock {
  readonly #kerbside: Kerbside;

  constructor(kerbside: Kerbside) {
    this.#kerbside = kerbside;
  }

  /** Puts the clock forward; no alarm rings. Gives back what it shows. */
  async forward(ms: number): Promise<number> {
    return (await this.#ask(`/test/clock?forwardMs=${ms}`)).now;
  }

  /** ms since the epoch; `null`: none is set. */
  async alarmAt(station: string): Promise<number | null> {
    return (await this.#ask(`/test/clock?station=${station}`)).alarmAt;
  }

  async ring(station: string): Promise<void> {
    await fetch(`${this.#kerbside.edge.httpUrl}/test/ring?station=${station}`);
  }

  /** Puts the clock to the station's alarm and rings it, as the platform would; gives back the hour. */
  async toAlarm(station: string): Promise<number> {
    const { now, alarmAt } = await this.#ask(`/test/clock?station=${station}`);
    if (alarmAt === null) throw new Error(`${station} has no alarm`);
    const rungAt = await this.forward(Math.max(0, alarmAt - now));
    await this.ring(station);
    return rungAt;
  }

  async #ask(path: string): Promise<{ now: number; alarmAt: number | null }> {
    const response = await fetch(`${this.#kerbside.edge.httpUrl}${path}`);
    return (await response.json()) as { now: number; alarmAt: number | null };
  }
}
