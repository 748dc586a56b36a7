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
  /** ms before a message comes again whose consumer said nothing else. */
  retryDelayMs: number;
  /** ms; the longest, whatever the consumer says. */
  retryDelayMaxMs: number;
};

/** As much of a message as a consumer may ask for. */
export interface LocalMessage<Body> {
  readonly body: Body;
  /** This one included. */
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

interface Waiting {
  /** As JSON: what the sender changes afterwards is no concern of the consumer. */
  body: string;
  /** That failed. */
  attempts: number;
  /** ms since the epoch; it is not delivered before. */
  notBefore: number;
}

/** Messages that may wait; beyond them `send` fails, as Cloudflare's does. */
const WAITING_MAX = 100_000;
/** A drain that has not gone on by then was cut off. */
const DRAIN_MAX_MS = 10_000;
/** ms of a wait for messages that are to come again later, after which others are looked for. */
const WAIT_MAX_MS = 1_000;

export class LocalQueue<Message> {
  readonly #settings: QueueSettings;
  readonly #consume: (messages: readonly LocalMessage<Message>[]) => Promise<void>;
  /** Has `drain` called where it may take its time: a sender that had to wait for it could be neither evicted nor hibernate. */
  readonly #wake: () => void;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #drainingSince: number | null = null;

  constructor(
    settings: QueueSettings,
    consume: (messages: readonly LocalMessage<Message>[]) => Promise<void>,
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
    this.#waiting.push({ body: JSON.stringify(body), attempts: 0, notBefore: 0 });
    const drainingMs = this.#drainingSince === null ? Number.NaN : this.#now() - this.#drainingSince;
    if (drainingMs >= 0 && drainingMs < DRAIN_MAX_MS) return;
    this.#drainingSince = this.#now();
    this.#wake();
  }

  /** Until nothing waits. */
  async drain(): Promise<void> {
    const { batchSize, batchTimeoutMs, retryDelayMaxMs } = this.#settings;
    while (this.#waiting.length > 0) {
      if (this.#waiting.length < batchSize) await pause(batchTimeoutMs);
      this.#drainingSince = this.#now();
      const now = this.#now();
      // Later than any delay: the clock was set back since.
      const isDue = ({ notBefore }: Waiting) => notBefore <= now || notBefore > now + retryDelayMaxMs;
      const batch = this.#waiting.filter(isDue).slice(0, batchSize);
      if (batch.length === 0) {
        await pause(WAIT_MAX_MS);
        continue;
      }
      const taken = new Set(batch);
      this.#waiting = this.#waiting.filter((each) => !taken.has(each));
      await this.#deliver(batch);
    }
    this.#drainingSince = null;
  }

  async #deliver(batch: Waiting[]): Promise<void> {
    const { retryDelayMs, retryDelayMaxMs, retriesMax, queueName } = this.#settings;
    /** What the consumer said of each; it says nothing of most. */
    const said = new Map<Waiting, { delayMs: number } | "done">();
    const messages = batch.map((each) => ({
      body: JSON.parse(each.body) as Message,
      attempts: each.attempts + 1,
      ack: () => void said.set(each, "done"),
      retry: ({ delaySeconds = retryDelayMs / 1_000 }: { delaySeconds?: number } = {}) =>
        void said.set(each, { delayMs: delaySeconds * 1_000 }),
    }));
    let failure: unknown = null;
    try {
      await this.#consume(messages);
    } catch (error) {
      failure = error;
    }
    const again: Waiting[] = [];
    let lost = 0;
    for (const each of batch) {
      const verdict = said.get(each) ?? (failure === null ? "done" : { delayMs: retryDelayMs });
      if (verdict === "done") continue;
      const attempts = each.attempts + 1;
      if (attempts > retriesMax) lost++;
      else again.push({ ...each, attempts, notBefore: this.#now() + Math.min(verdict.delayMs, retryDelayMaxMs) });
    }
    this.#waiting.unshift(...again);
    if (lost > 0) console.error(`the queue ${queueName} gave up ${lost} messages: ${String(failure)}`);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
