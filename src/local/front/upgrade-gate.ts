/**
 * How many upgrades a workerd is given at once, and how many sockets in all. A fleet that comes back at once would otherwise
 * be served in step, the first station with the last one, and out of file descriptors workerd ends. Must not know sockets.
 */

/** More at once make none of them faster. */
const AT_ONCE = 32;
const WAITING_MAX = 20_000;
/** Stations give up themselves before. */
const WAIT_MAX_MS = 60_000;

interface Waiting {
  enter: () => void;
  timer: NodeJS.Timeout;
}

export class UpgradeGate {
  readonly #socketsMax: number;
  readonly #full: () => void;
  readonly #waiting = new Set<Waiting>();
  #inside = 0;
  #sockets = 0;

  /**
   * @param socketsMax that workerd may hold
   * @param full called at each refusal for that
   */
  constructor(socketsMax: number, full: () => void = () => {}) {
    this.#socketsMax = socketsMax;
    this.#full = full;
  }

  /**
   * Calls `enter` in its turn, at once if there is a place: then `leave` must follow, once. Calls `refuse` where there is no
   * room, now or in time. What comes back calls it off while it waits.
   */
  pass(enter: () => void, refuse: () => void): () => void {
    if (this.#sockets + this.#inside + this.#waiting.size >= this.#socketsMax || this.#waiting.size >= WAITING_MAX) {
      if (this.#waiting.size < WAITING_MAX) this.#full();
      refuse();
      return () => {};
    }
    if (this.#inside < AT_ONCE) {
      this.#inside++;
      enter();
      return () => {};
    }
    const waiting: Waiting = {
      enter,
      timer: setTimeout(() => {
        this.#waiting.delete(waiting);
        refuse();
      }, WAIT_MAX_MS),
    };
    this.#waiting.add(waiting);
    return () => this.#callOff(waiting);
  }

  /** The upgrade is decided. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inside--;
      return;
    }
    // The place goes on to the next one without becoming free in between.
    this.#callOff(next);
    next.enter();
  }

  opened(): void {
    this.#sockets++;
  }

  closed(): void {
    this.#sockets--;
  }

  /** Nobody waits any more: the edge stops. */
  close(): void {
    for (const waiting of this.#waiting) this.#callOff(waiting);
  }

  #callOff(waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
  }
}

/** For what a fleet that finds no room would have said every few seconds. */
export function atMostOnceIn(intervalMs: number, tell: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - last < intervalMs) return;
    last = performance.now();
    tell();
  };
}
