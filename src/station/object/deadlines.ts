/**
 * What the object must wake for, by its one alarm: at the earliest deadline of its parts, never put off. One that finds nothing
 * due sets the next. Must not know what is due, nor what is done when it is over.
 */

/** ms by which two clocks of one platform may differ without one having been set. */
const CLOCK_TOLERANCE_MS = 5_000;
const NEVER = Number.POSITIVE_INFINITY;

export interface Deadline {
  /** ms since the epoch; `null`: nothing is due. */
  at(): number | null;
  /** ms, the longest that it may be ahead: it is further only where the clock was set back. */
  readonly aheadMaxMs: number;
  /** Looks at what is due. Called at each alarm, whichever deadline it rang for. */
  look?(): void | Promise<void>;
}

/** The object's one alarm, as the platform keeps it. */
export interface AlarmStorage {
  /** ms since the epoch; `null`: none is set. */
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
}

export class Deadlines {
  readonly #storage: AlarmStorage;
  readonly #now: () => number;
  /** The station is registered; if it is not, nothing is due that was. */
  readonly #isActive: () => boolean;
  readonly #all: Deadline[] = [];
  /** ms since the epoch; `null`: none is set, `undefined`: not known since the object woke. */
  #alarmAt: number | null | undefined = undefined;
  #changed = false;
  /** ms since the epoch, as far as the clock was ever seen to be since the object woke. */
  #latest = 0;

  constructor(storage: AlarmStorage, now: () => number, isActive: () => boolean) {
    this.#storage = storage;
    this.#now = now;
    this.#isActive = isActive;
  }

  add(deadlines: readonly Deadline[]): void {
    this.#all.push(...deadlines);
  }

  /** Called at each look at the station: after the clock was set back, an alarm that was set before would ring too late. */
  seen(at: number | undefined): void {
    if (at === undefined) return;
    if (at < this.#latest - CLOCK_TOLERANCE_MS) this.#changed = true;
    this.#latest = at;
  }

  changed(): void {
    this.#changed = true;
  }

  /** Whether one came nearer than the alarm, as far as that is known. */
  get isNearer(): boolean {
    this.#changed &&= this.#next() < (this.#alarmAt ?? NEVER);
    return this.#changed;
  }

  /** @param also one that is due beside those that are known */
  async arm(also?: Deadline): Promise<void> {
    this.#changed = false;
    if (this.#next(also) === NEVER) return;
    const known = this.#alarmAt === undefined ? await this.#storage.getAlarm() : null;
    // Set meanwhile by another call, it would be put off by what was known before.
    if (this.#alarmAt === undefined) this.#alarmAt = known;
    // What was due then need not be now: an alarm in an emptied storage would be all it holds.
    const next = this.#next(also);
    if (next === NEVER) return;
    if (this.#alarmAt === null || this.#alarmAt > next) await this.wakeAt(next);
  }

  #next(also?: Deadline): number {
    if (!this.#isActive()) return NEVER;
    const now = this.#now();
    let first = also === undefined ? NEVER : dueOf(also, now);
    for (const deadline of this.#all) first = Math.min(first, dueOf(deadline, now));
    return first;
  }

  /** @param at ms since the epoch, whatever else is due */
  async wakeAt(at: number): Promise<void> {
    this.#alarmAt = at;
    await this.#storage.setAlarm(at);
  }

  /** The alarm rang, or went with all else. */
  alarmIsOver(): void {
    this.#alarmAt = null;
  }

  /** Has each part look at what is due, in the order in which they were added, for as long as it is to go on. */
  async look(goesOn: () => boolean): Promise<void> {
    for (const deadline of this.#all) {
      await deadline.look?.();
      if (!goesOn()) return;
    }
  }
}

function dueOf(deadline: Deadline, now: number): number {
  const at = deadline.at();
  return at === null ? NEVER : Math.min(at, now + deadline.aheadMaxMs);
}
