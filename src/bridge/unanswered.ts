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

export class Unanswered {
  #open: OpenCall | null = null;
  /** An earlier one, from which Kerbside went on without an answer. */
  #overtaken: OpenCall | null = null;

  get open(): OpenCall | null {
    return this.#open;
  }

  /** To a CSMS that comes back a later CALL would come before an earlier one. */
  get isOvertaken(): boolean {
    return this.#overtaken !== null;
  }

  said(call: OpenCall): void {
    // By all that they say: a station may give one id twice.
    if (this.#overtaken?.frame === call.frame) this.#overtaken = null;
    if (this.#open?.frame !== call.frame) this.#overtaken ??= this.#open;
    this.#open = call;
  }

  /** The CALL that is answered by it; `null`: it is not the one that is open. */
  answered(messageId: string): OpenCall | null {
    const open = this.#open;
    if (this.#overtaken?.messageId === messageId) this.#overtaken = null;
    if (open?.messageId !== messageId) return null;
    this.#open = null;
    return open;
  }

  forget(): void {
    this.#open = null;
    this.#overtaken = null;
  }
}
