/**
 * The transactionIds of OCPP 1.6 as two CSMSs gave them to the same transactions: in what the station says, one for the other. In 2.x
 * the station names its transactions. Must not know sockets.
 */

/** Transactions of one station that are remembered; the oldest go, which are long over. */
const REMEMBERED_MAX = 64;

export class TransactionIds {
  readonly #others = new Map<number, number>();

  /** @param given by the CSMS that answers the station, @param other by the other one */
  note(given: number, other: number): void {
    this.#others.delete(given);
    this.#others.set(given, other);
    for (const [oldest] of this.#others) {
      if (this.#others.size <= REMEMBERED_MAX) return;
      this.#others.delete(oldest);
    }
  }

  /** The payload with the other's transactionId; the same where it has none, or one that nobody noted. */
  mapped(payload: Record<string, unknown>): Record<string, unknown> {
    const { transactionId } = payload;
    const other = typeof transactionId === "number" ? this.#others.get(transactionId) : undefined;
    return other === undefined || other === transactionId ? payload : { ...payload, transactionId: other };
  }
}
