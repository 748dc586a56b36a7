/**
 * What Kerbside said of one station and the CSMS has not answered: one CALL, and whether there is another that it may never have
 * read. Must not know sockets.
 */

export interface OpenCall {
  messageId: string;
  action: string;
  frame: string;
  /** ms of the process's clock */
  at: number;
}

/** Sockets that broke on one CALL; from then on others come before it, as before one that is ignored. */
const BREAKS_MAX = 3;
/** ms; Kerbside waits no longer for an answer. */
const ANSWER_WITHIN_MS = 60_000;

export class Unanswered {
  #open: OpenCall | null = null;
  /** An earlier one, from which Kerbside went on without an answer. */
  #overtaken: OpenCall | null = null;

  /** The CALL on which the CSMS's socket broke time and again. `isProven`: it has answered another since. */
  #breaking: { frame: string; times: number; isProven: boolean } | null = null;

  get open(): OpenCall | null {
    return this.#open;
  }

  /** Whether an answer may be on its way. @param now ms of the process's clock */
  isAwaited(now: number): boolean {
    return this.#open !== null && !this.isKeptBack && now - this.#open.at < ANSWER_WITHIN_MS;
  }

  /** The CSMS's socket broke before it answered that. */
  broke(): void {
    if (this.#open === null) return;
    const { frame } = this.#open;
    const times = this.#breaking?.frame === frame ? this.#breaking.times + 1 : 1;
    this.#breaking = { frame, times, isProven: false };
  }

  /** Whether it is kept back, until the CSMS was told something else and answers that: nothing behind it would ever come there. */
  get isKeptBack(): boolean {
    return this.#isBreaking && this.#breaking?.isProven === false;
  }

  get #isBreaking(): boolean {
    const breaking = this.#breaking;
    return breaking !== null && breaking.times >= BREAKS_MAX && breaking.frame === this.#open?.frame;
  }

  /** To a CSMS that comes back a later CALL would come before an earlier one. */
  get isOvertaken(): boolean {
    return this.#overtaken !== null;
  }

  said(call: OpenCall): void {
    // By all that they say: a station may give one id twice.
    if (this.#overtaken?.frame === call.frame) this.#overtaken = null;
    if (this.#open?.frame !== call.frame && !this.#isBreaking) this.#overtaken ??= this.#open;
    this.#open = call;
  }

  /** The CALL that is answered by it; `null`: it is not the one that is open. */
  answered(messageId: string): OpenCall | null {
    const open = this.#open;
    if (this.#overtaken?.messageId === messageId) this.#overtaken = null;
    if (open?.messageId !== messageId) return null;
    this.#open = null;
    if (this.#breaking?.frame === open.frame) this.#breaking = null;
    else if (this.#breaking !== null) this.#breaking.isProven = true;
    return open;
  }

  forget(): void {
    this.#open = null;
    this.#overtaken = null;
  }
}
