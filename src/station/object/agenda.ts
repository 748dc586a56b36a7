/**
 * What is left to do between two events of a station's object: what is new goes to its sinks, and the one alarm is set for what is
 * due later. Parts add a deadline or a sink. Must not know what was handled, what is due or what is delivered.
 */
import { RETRY_MAX_MS } from "../../delivery/outbox.ts";
import { log, messageOf } from "../../log.ts";
import { type AlarmStorage, type Deadline, Deadlines } from "./deadlines.ts";

/** ms after which a delivery that is not over is looked after by the alarm: it costs a row. */
const SLOW_AFTER_MS = 2_500;
/** ms until it does; longer than a delivery may take. */
const SAFETY_MS = 60_000;

/** What takes a station's events. */
export interface Sink {
  /** Whether a drain could find anything to do, as far as that is known without asking for it. */
  readonly hasWork: boolean;
  /** ms since the epoch of the next drain after one that could not even begin; `null`: the last one could. */
  readonly retryAt: number | null;
  /** Delivers all that is due; never throws. */
  drain(): Promise<void>;
}

/** Whose it is. */
interface AgendaOwner {
  readonly id: string;
  /** Of the registration; `null`: there is none, and nothing is due. */
  readonly incarnation: string | null;
  now(): number;
}

export class Agenda {
  readonly #station: AgendaOwner;
  readonly #deadlines: Deadlines;
  readonly #sinks: Sink[] = [];
  readonly #background: (work: Promise<void>) => void;
  #draining = 0;
  #slow: ReturnType<typeof setTimeout> | null = null;
  /** ms since the epoch at which the sinks are looked at once more; `null`: no need. */
  #safetyAt: number | null = null;

  constructor(station: AgendaOwner, storage: AlarmStorage, background: (work: Promise<void>) => void) {
    this.#station = station;
    this.#background = background;
    this.#deadlines = new Deadlines(
      storage,
      () => station.now(),
      () => station.incarnation !== null,
    );
    this.#deadlines.add([{ at: () => this.#safetyAt, aheadMaxMs: SAFETY_MS }]);
  }

  /** They are looked at in the order in which they are added. */
  addDeadlines(deadlines: readonly Deadline[]): void {
    this.#deadlines.add(deadlines);
  }

  addSink(sink: Sink): void {
    this.#sinks.push(sink);
  }

  /** A deadline may have come nearer, or the clock gone back to `at`, which is when something was seen. */
  changed(): void {
    this.#deadlines.changed();
  }

  seen(at: number | undefined): void {
    this.#deadlines.seen(at);
  }

  get isNearer(): boolean {
    return this.#deadlines.isNearer;
  }

  /** Whatever comes of the deliveries now, the sinks are looked at after them. */
  lookAtSinks(): void {
    this.#safetyAt ??= this.#station.now() + SAFETY_MS;
    this.#deadlines.changed();
  }

  /** @param at ms since the epoch, whatever else is due */
  wakeAt(at: number): Promise<void> {
    return this.#deadlines.wakeAt(at);
  }

  /** Of a sink that waits for a retry. */
  retryAt(at: number): Promise<void> {
    return this.#deadlines.arm({ at: () => at, aheadMaxMs: RETRY_MAX_MS });
  }

  /** The alarm rang, or went with all else. */
  alarmIsOver(): void {
    this.#safetyAt = null;
    this.#deadlines.alarmIsOver();
  }

  /** What the alarm rang for, of the registration there is. */
  async ring(): Promise<void> {
    const { incarnation } = this.#station;
    if (incarnation === null) return;
    const isSame = () => this.#station.incarnation === incarnation;
    await this.#deadlines.look(isSame);
    // Of another registration nothing is due yet.
    if (!isSame()) return;
    this.changed();
    // Not awaited: no second alarm runs meanwhile, and a receiver that hangs would hold up a command's deadline.
    this.meanwhile();
  }

  /** For who waits for an answer: a slow webhook is no concern of a station's upgrade or a backend's request. */
  meanwhile(): void {
    // Each promise that the runtime is given costs memory until the next collection of garbage.
    if (this.#isUnsettled) this.#background(this.now());
  }

  /** Never throws. */
  async now(): Promise<void> {
    try {
      if (!this.#isUnsettled) return;
      if (this.isNearer) await this.#deadlines.arm();
      await this.#drain();
      const retries = this.#sinks.flatMap(({ retryAt }) => retryAt ?? []);
      if (retries.length > 0) await this.retryAt(Math.min(...retries));
      else if (this.isNearer) await this.#deadlines.arm();
    } catch (error) {
      this.#unarmed(error);
    }
  }

  get #isUnsettled(): boolean {
    if (this.#station.incarnation === null) return false;
    return this.isNearer || this.#sinks.some(({ hasWork }) => hasWork);
  }

  /** A process that dies while receivers are slow leaves nobody who would try again: then, and only then, an alarm will. */
  async #drain(): Promise<void> {
    this.#draining++;
    this.#slow ??= setTimeout(() => {
      this.#slow = null;
      this.lookAtSinks();
      if (this.isNearer) this.#deadlines.arm().catch((error: unknown) => this.#unarmed(error));
    }, SLOW_AFTER_MS);
    try {
      await Promise.all(this.#sinks.map((sink) => sink.drain()));
    } finally {
      if (--this.#draining === 0 && this.#slow !== null) {
        clearTimeout(this.#slow);
        this.#slow = null;
      }
    }
  }

  #unarmed(error: unknown): void {
    log("error", "the alarm could not be set", { stationId: this.#station.id, reason: messageOf(error) });
  }
}
