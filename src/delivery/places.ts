/**
 * Places for deliveries that are under way: an object has few connections, and receivers that hang must leave some to the others.
 * Must not know what is delivered, or how.
 */

/** Of the six connections that an object may have waiting for an answer: the CSMS and the queues need theirs. */
const PLACES = 3;
/** Of them those that receivers which hang or fail may have while others want one, and the others while those want one. */
const SHARE = 2;

export interface Place {
  /** Its receiver takes long: it has to make room for one that may not, if there is no other. */
  slow(): void;
  leave(): void;
}

interface Taken {
  isSuspect: boolean;
  /** It was asked to make room. */
  givesWay: boolean;
  giveWay: () => void;
}

interface Waiting {
  taken: Taken;
  granted: () => void;
}

export class Places {
  /** The oldest first. */
  readonly #taken = new Set<Taken>();
  readonly #waiting = new Set<Waiting>();

  /**
   * @param isSuspect the receiver failed or took long the last time
   * @param giveWay called, once at most, where the place is wanted by another: it is to be left soon, and asked for anew
   * @param leave ends the wait
   * @returns `null`: the wait was ended
   */
  async take(isSuspect: boolean, giveWay: () => void, leave?: AbortSignal): Promise<Place | null> {
    const taken: Taken = { isSuspect, givesWay: false, giveWay };
    if (this.#mayTake(isSuspect)) this.#taken.add(taken);
    else if (!(await this.#wait(taken, leave))) return null;
    return {
      slow: () => {
        taken.isSuspect = true;
        this.#relieve();
      },
      leave: () => {
        if (this.#taken.delete(taken)) this.#next();
      },
    };
  }

  #count(isSuspect: boolean): number {
    return [...this.#taken].filter((each) => each.isSuspect === isSuspect).length;
  }

  #mayTake(isSuspect: boolean): boolean {
    if (this.#taken.size >= PLACES) return false;
    return this.#count(isSuspect) < SHARE || (!isSuspect && ![...this.#waiting].some(({ taken }) => taken.isSuspect));
  }

  /** `false`: it was ended. */
  #wait(taken: Taken, leave: AbortSignal | undefined): Promise<boolean> {
    if (leave?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiting: Waiting = { taken, granted: () => resolve(true) };
      this.#waiting.add(waiting);
      leave?.addEventListener("abort", () => {
        this.#waiting.delete(waiting);
        resolve(false);
      });
      this.#relieve();
    });
  }

  #next(): void {
    for (const waiting of this.#waiting) {
      if (!this.#mayTake(waiting.taken.isSuspect)) continue;
      this.#waiting.delete(waiting);
      // At once: whoever asks before the other goes on must find it taken.
      this.#taken.add(waiting.taken);
      waiting.granted();
      return;
    }
  }

  /** Where every place is held by one that hangs, and another waits, the last that came gives way. */
  #relieve(): void {
    const taken = [...this.#taken];
    const isWanted = [...this.#waiting].some((waiting) => !waiting.taken.isSuspect);
    const last = taken.at(-1);
    if (!isWanted || last === undefined || taken.length < PLACES) return;
    if (!taken.every(({ isSuspect, givesWay }) => isSuspect && !givesWay)) return;
    last.givesWay = true;
    last.giveWay();
  }
}
