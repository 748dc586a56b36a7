/**
 * What was queued while a station was away waits, on its return, for the station's own first word: some makes hang up or start again
 * if they are called before their boot. Must not know sockets or commands.
 */

/** ms after which a station that says nothing is called all the same: not all boot on a reconnect, and some say nothing for hours. */
const FIRST_WORD_WITHIN_MS = 2_000;

export class ReconnectHold {
  /** ms since the epoch; `null`: nothing is held. */
  #until: number | null = null;

  begin(now: number): void {
    this.#until = now + FIRST_WORD_WITHIN_MS;
  }

  end(): void {
    this.#until = null;
  }

  get isOn(): boolean {
    return this.#until !== null;
  }

  /**
   * Ends where the time is over.
   * @param isDeciding the answer to the first word is not known yet: it is waited for, and its own time is bounded
   */
  look(now: number, isDeciding: boolean): void {
    if (this.#until === null || now < this.#until) return;
    if (isDeciding) this.begin(now);
    else this.end();
  }

  /** One that is further ahead than it can be was set before the clock went back. */
  get deadline() {
    return { at: () => this.#until, aheadMaxMs: FIRST_WORD_WITHIN_MS };
  }
}
