/**
 * Work that is dear for the whole isolate, a little of it at a time, with a queue that is bounded. Must not know what it is.
 */

interface Place {
  /** ms since the epoch */
  since: number;
}

export interface TurnstileBounds {
  atOnce: number;
  waitingMax: number;
  /** ms that a place is kept for one who does not go on: its object may have ended, and with it all that it would do. */
  keptMs: number;
}

export class Turnstile {
  readonly #bounds: TurnstileBounds;
  readonly #now: () => number;
  readonly #waiting: ((place: Place) => void)[] = [];
  readonly #inside = new Set<Place>();

  constructor(bounds: TurnstileBounds, now: () => number) {
    this.#bounds = bounds;
    this.#now = now;
  }

  /** `null`: too many wait already. */
  async pass<T>(work: () => Promise<T>): Promise<T | null> {
    const { atOnce, waitingMax } = this.#bounds;
    this.#takeBack();
    const isFull = this.#inside.size >= atOnce;
    if (isFull && this.#waiting.length >= waitingMax) return null;
    // Its place comes from who leaves, without becoming free in between.
    const place = isFull ? await new Promise<Place>((enter) => this.#waiting.push(enter)) : this.#enter();
    try {
      return await work();
    } finally {
      this.#leave(place);
    }
  }

  #enter(): Place {
    const place = { since: this.#now() };
    this.#inside.add(place);
    return place;
  }

  #leave(place: Place): void {
    if (this.#inside.delete(place)) this.#waiting.shift()?.(this.#enter());
  }

  #takeBack(): void {
    const now = this.#now();
    for (const place of [...this.#inside]) if (Math.abs(now - place.since) >= this.#bounds.keptMs) this.#leave(place);
  }
}
