/**
 * The object's one alarm, at the earliest of its deadlines. It is never put off: one that finds nothing due sets the next.
 * Must not know what is due.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  /** ms since the epoch; `null`: none is set, `undefined`: not known since the object woke. */
  #at: number | null | undefined = undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** @param deadlines ms since the epoch; `null`: nothing is due */
  async notAfter(...deadlines: (number | null)[]): Promise<void> {
    const next = Math.min(...deadlines.map((at) => at ?? Number.POSITIVE_INFINITY));
    if (!Number.isFinite(next)) return;
    const known = this.#at === undefined ? await this.#storage.getAlarm() : null;
    // Set meanwhile by another call, it would be put off by what was known before.
    if (this.#at === undefined) this.#at = known;
    if (this.#at === null || this.#at > next) await this.set(next);
  }

  async set(at: number): Promise<void> {
    this.#at = at;
    await this.#storage.setAlarm(at);
  }

  /** It rang, or went with all else. */
  isOver(): void {
    this.#at = null;
  }
}
