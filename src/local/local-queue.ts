/**
 * A queue as the local edge has it: batches in memory, handed to the consumer in the same isolate. Miniflare's own passes every
 * message through two more Workers and keeps it in memory as well. Must not know what the messages say.
 */

/** A type, since only those pass for JSON. */
export type QueueSettings = {
  queueName: string;
  batchSize: number;
  batchTimeoutMs: number;
  retriesMax: number;
};

interface Waiting {
  /** As JSON: what the sender changes afterwards is no concern of the consumer. */
  body: string;
  attempts: number;
}

/** Messages that may wait; beyond them `send` fails, as Cloudflare's does. */
const WAITING_MAX = 100_000;
/** A drain that has not gone on by then was cut off. */
const DRAIN_MAX_MS = 10_000;

export class LocalQueue<Message> {
  readonly #settings: QueueSettings;
  readonly #consume: (messages: readonly Message[]) => Promise<void>;
  /** Has `drain` called where it may take its time: a sender that had to wait for it could be neither evicted nor hibernate. */
  readonly #wake: () => void;
  readonly #now: () => number;
  readonly #waiting: Waiting[] = [];
  #drainingSince: number | null = null;

  constructor(
    settings: QueueSettings,
    consume: (messages: readonly Message[]) => Promise<void>,
    wake: () => void,
    now: () => number,
  ) {
    this.#settings = settings;
    this.#consume = consume;
    this.#wake = wake;
    this.#now = now;
  }

  async send(body: Message): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) throw new Error(`the queue ${this.#settings.queueName} is full`);
    this.#waiting.push({ body: JSON.stringify(body), attempts: 0 });
    const drainingMs = this.#drainingSince === null ? Number.NaN : this.#now() - this.#drainingSince;
    if (drainingMs >= 0 && drainingMs < DRAIN_MAX_MS) return;
    this.#drainingSince = this.#now();
    this.#wake();
  }

  /** Until nothing waits. */
  async drain(): Promise<void> {
    const { batchSize, batchTimeoutMs } = this.#settings;
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < batchSize) await new Promise((resolve) => setTimeout(resolve, batchTimeoutMs));
      this.#drainingSince = this.#now();
      await this.#deliver(this.#waiting.splice(0, batchSize));
    }
    this.#drainingSince = null;
  }

  async #deliver(batch: Waiting[]): Promise<void> {
    try {
      await this.#consume(batch.map(({ body }) => JSON.parse(body) as Message));
    } catch (error) {
      const again = batch.map(({ body, attempts }) => ({ body, attempts: attempts + 1 }));
      const kept = again.filter(({ attempts }) => attempts <= this.#settings.retriesMax);
      this.#waiting.unshift(...kept);
      const lost = again.length - kept.length;
      if (lost > 0) console.error(`the queue ${this.#settings.queueName} gave up ${lost} messages: ${String(error)}`);
    }
  }
}
