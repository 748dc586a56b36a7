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

interface Waiting<Message> {
  body: Message;
  attempts: number;
}

/** Messages that may wait; beyond them `send` fails, as Cloudflare's does. */
const WAITING_MAX = 100_000;
/** A drain that has not come back by then went with the object that it ran in. */
const DRAIN_MAX_MS = 10_000;

export class LocalQueue<Message> {
  readonly #settings: QueueSettings;
  readonly #consume: (messages: readonly Message[]) => Promise<void>;
  /** Keeps the caller's event open until the batch is consumed. */
  readonly #waitUntil: (work: Promise<unknown>) => void;
  readonly #now: () => number;
  readonly #waiting: Waiting<Message>[] = [];
  #drainingSince: number | null = null;

  constructor(
    settings: QueueSettings,
    consume: (messages: readonly Message[]) => Promise<void>,
    waitUntil: (work: Promise<unknown>) => void,
    now: () => number,
  ) {
    this.#settings = settings;
    this.#consume = consume;
    this.#waitUntil = waitUntil;
    this.#now = now;
  }

  async send(body: Message): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) throw new Error(`the queue ${this.#settings.queueName} is full`);
    // As it would arrive: what the sender changes afterwards is no concern of the consumer.
    this.#waiting.push({ body: structuredClone(body), attempts: 0 });
    if (this.#drainingSince !== null && this.#now() - this.#drainingSince < DRAIN_MAX_MS) return;
    this.#drainingSince = this.#now();
    this.#waitUntil(this.#drain());
  }

  async #drain(): Promise<void> {
    const { batchSize, batchTimeoutMs } = this.#settings;
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < batchSize) await new Promise((resolve) => setTimeout(resolve, batchTimeoutMs));
      this.#drainingSince = this.#now();
      await this.#deliver(this.#waiting.splice(0, batchSize));
    }
    this.#drainingSince = null;
  }

  async #deliver(batch: Waiting<Message>[]): Promise<void> {
    try {
      await this.#consume(batch.map(({ body }) => body));
    } catch (error) {
      const again = batch.map(({ body, attempts }) => ({ body, attempts: attempts + 1 }));
      const kept = again.filter(({ attempts }) => attempts <= this.#settings.retriesMax);
      this.#waiting.unshift(...kept);
      const lost = again.length - kept.length;
      if (lost > 0) console.error(`the queue ${this.#settings.queueName} gave up ${lost} messages: ${String(error)}`);
    }
  }
}
