/**
 * How many upgrades a workerd is given at once, and how many sockets in all. A fleet that comes back at once, or a flood, would
 * otherwise be served in step, the first station with the last one, with every message of those that are connected behind them; and
 * out of file descriptors workerd ends. Must not know sockets.
 */

/** More at once make none of them faster. */
const AT_ONCE = 8;
/** ms after which a place goes on to the next one: what is not decided by then waits for something else than workerd. */
const PLACE_MAX_MS = 1_000;
/** So many may be undecided without a place. */
const UNDECIDED_MAX = 24;
const WAITING_MAX = 20_000;
/** Stations give up themselves before. */
const WAIT_MAX_MS = 60_000;

/** @param decided is to be called when the upgrade is */
type Enter = (decided: () => void) => void;

interface Waiting {
  enter: Enter;
  timer: NodeJS.Timeout;
}

export class UpgradeGate {
  readonly #socketsMax: number;
  readonly #full: () => void;
  readonly #waiting = new Set<Waiting>();
  /** Those that have a place, and all that were given to workerd. */
  #inside = 0;
  #undecided = 0;
  #sockets = 0;
  #isServing = false;

  /**
   * @param socketsMax that workerd may hold
   * @param full called at each refusal for that
   */
  constructor(socketsMax: number, full: () => void = () => {}) {
    this.#socketsMax = socketsMax;
    this.#full = full;
  }

  /**
   * Calls `enter` in its turn, at once if there is a place. Calls `refuse` where there is no room, now or in time. What comes back
   * calls it off while it waits.
   */
  pass(enter: Enter, refuse: () => void): () => void {
    if (this.#sockets + this.#undecided + this.#waiting.size >= this.#socketsMax || this.#waiting.size >= WAITING_MAX) {
      if (this.#waiting.size < WAITING_MAX) this.#full();
      refuse();
      return () => {};
    }
    if (this.#hasPlace) {
      this.#admit(enter);
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

  get #hasPlace(): boolean {
    return this.#inside < AT_ONCE && this.#undecided < AT_ONCE + UNDECIDED_MAX;
  }

  #admit(enter: Enter): void {
    let [hasPlace, isDecided] = [true, false];
    this.#inside++;
    this.#undecided++;
    const leave = () => {
      if (hasPlace) this.#inside--;
      hasPlace = false;
      this.#serve();
    };
    const timer = setTimeout(leave, PLACE_MAX_MS);
    enter(() => {
      if (isDecided) return;
      isDecided = true;
      clearTimeout(timer);
      this.#undecided--;
      leave();
    });
  }

  #serve(): void {
    // One that is decided at once would call it anew for the next, and so on, ever deeper.
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const next of this.#waiting) {
        if (!this.#hasPlace) return;
        this.#callOff(next);
        this.#admit(next.enter);
      }
    } finally {
      this.#isServing = false;
    }
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
