/**
 * A station's way to the CSMS, opened again whenever it is lost: in its turn, with back-off. Must not know what is said on it.
 */
import { backOffMs, STATION_BACK_OFF } from "./back-off.ts";
import { pause } from "../../programs/pause.ts";
import type { Random } from "./random.ts";
import { type ConnectionOptions, StationConnection } from "./station-connection.ts";
import type { StationRecord } from "./station-record.ts";

/** When a station may begin to connect. */
export interface ConnectTurn {
  /** Runs `connect` in its turn; `null`: called off before. `isStorm` waits for a free place alone. */
  pass<T>(isStorm: boolean, signal: AbortSignal, connect: () => Promise<T>): Promise<T | null>;
}

export interface LineOptions extends ConnectionOptions {
  gate: ConnectTurn;
  random: Random;
  statistics: StationRecord;
  onOpen(connection: StationConnection): void;
  onClosed(): void;
}

export class StationLine {
  connection: StationConnection | null = null;
  /** The connection is being ended by this side. */
  isLeaving = false;
  readonly #options: LineOptions;
  readonly #off = new AbortController();
  #isStorm = false;
  #attempt = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Aborted once the power is off. */
  get off(): AbortSignal {
    return this.#off.signal;
  }

  /** Until the power is off. */
  async keep(): Promise<void> {
    const { gate, statistics } = this.#options;
    while (!this.off.aborted) {
      const opened = await gate.pass(this.#isStorm, this.off, () => this.#open());
      if (opened === null) return;
      if (opened.ok) {
        const reason = await this.#use(opened.value);
        if (this.isLeaving) continue;
        statistics.drops.add(reason);
      } else statistics.connectFailures.add(opened.error.reason);
      await pause(Math.max(this.backOffMs(), opened.ok ? 0 : opened.error.retryAfterMs), this.off);
    }
  }

  /** The next wait: longer each time, until `settled`. */
  backOffMs(): number {
    return backOffMs(STATION_BACK_OFF, this.#attempt++, this.#options.random);
  }

  settled(): void {
    this.#attempt = 0;
    this.#isStorm = false;
  }

  /** Without a word; the station comes back at once, as all others do. */
  break(): void {
    this.#isStorm = true;
    this.isLeaving = true;
    this.connection?.drop();
  }

  /** The station closes it and comes back, as after a restart. */
  async hangUp(): Promise<void> {
    this.isLeaving = true;
    await this.connection?.close();
  }

  async close(): Promise<void> {
    this.#off.abort();
    await this.hangUp();
  }

  /** Power off. */
  kill(): void {
    this.#off.abort();
    this.isLeaving = true;
    this.connection?.drop();
  }

  async #open() {
    const from = performance.now();
    const opened = await StationConnection.open(this.#options);
    if (opened.ok) this.#options.statistics.connects.add(performance.now() - from);
    return opened;
  }

  /** Resolves with why it closed. */
  async #use(connection: StationConnection): Promise<string> {
    this.connection = connection;
    this.isLeaving = this.off.aborted;
    if (this.off.aborted) connection.drop();
    else this.#options.onOpen(connection);
    const reason = await connection.closed;
    this.connection = null;
    this.#options.onClosed();
    return reason;
  }
}
