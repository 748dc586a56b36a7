/**
 * Drains a station's outbox to the webhooks and the queue. Must not know sockets, sessions or what events mean.
 */
import { type StationEvent, toCloudEvent, eventId } from "../delivery/event.ts";
import * as outbox from "../delivery/outbox.ts";
import { signedHeaders } from "../delivery/signature.ts";
import { knownWebhooks, webhooksOf } from "../fleet/webhook-registry.ts";
import { log as writeLog, messageOf } from "../log.ts";
import type { StationContext } from "./context.ts";
import type { EventLog } from "./event-log.ts";
import { fetchText } from "./fetch-text.ts";
import { sendToQueue } from "./queue-sink.ts";

/** ms a receiver has to acknowledge a batch. */
const DELIVERY_TIMEOUT_MS = 15_000;
/** The queue binding EVENTS, as one more webhook of this name; no subscription can have it. */
const QUEUE: outbox.Webhook = { name: "queue:EVENTS", url: "", secret: "", types: [], createdAt: 0, replayAt: 0 };

export class Delivery {
  readonly #context: StationContext;
  /** One run a webhook, so that one which hangs holds up no other. */
  readonly #running = new Map<string, Promise<void>>();
  #troubleRetryAt: number | null = null;

  /** Called when trouble with a webhook began or ended. */
  readonly #troubleChanged: () => void;

  /** Called with when to wake for a retry, ms since the epoch. */
  readonly #retryDue: (at: number) => Promise<void>;

  constructor(context: StationContext, troubleChanged: () => void, retryDue: (at: number) => Promise<void>) {
    this.#context = context;
    this.#troubleChanged = troubleChanged;
    this.#retryDue = retryDue;
  }

  /** Whether some webhook does not take its events, or has given some up. */
  get inTrouble(): boolean {
    return this.#context.eventLog.inTrouble;
  }

  /** ms since the epoch of the next drain after one that could not even begin; `null`: the last one could. */
  get troubleRetryAt(): number | null {
    return this.#troubleRetryAt;
  }

  /** Whether a drain could find anything to do, as far as that is known without asking for it. */
  get hasWork(): boolean {
    const { env, eventLog, now } = this.#context;
    // All is delivered: what was subscribed meanwhile starts with the next event.
    if (eventLog.isFollowed) return eventLog.backlog > 0 || this.inTrouble;
    return env.EVENTS !== undefined || knownWebhooks(now())?.length !== 0;
  }

  /** Delivers all that is due. What comes while a webhook's run is on joins it; it never throws. */
  async drain(): Promise<void> {
    try {
      // Of the registration there is now: when the list has come there may be another.
      const { env, eventLog: log, now } = this.#context;
      const subscribed = this.hasWork ? await webhooksOf(env.WEBHOOKS, now()) : null;
      this.#troubleRetryAt = null;
      if (subscribed === null || log.isEnded) return;
      const webhooks = env.EVENTS === undefined ? subscribed : [...subscribed, QUEUE];
      log.follow(webhooks);
      await Promise.all(webhooks.map((webhook) => this.#join(log, webhook)));
    } catch (error) {
      this.#troubleRetryAt = this.#context.now() + this.#context.config.WEBHOOK_RETRY_BASE_MS;
      writeLog("error", "the outbox could not be drained", { stationId: this.#context.id, reason: messageOf(error) });
    }
  }

  #join(log: EventLog, webhook: outbox.Webhook): Promise<void> {
    const key = runKey(log, webhook);
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const run = this.#run(log, webhook, key);
    this.#running.set(key, run);
    return run;
  }

  /** The last events of a log that has ended: to each webhook once, batch by batch, until it fails or the time is over. */
  async finish(log: EventLog, withinMs: number): Promise<void> {
    let isOver = false;
    const { promise: over, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(() => {
      isOver = true;
      resolve(null);
    }, withinMs);
    const finishOne = async (webhook: outbox.Webhook) => {
      await Promise.race([this.#running.get(runKey(log, webhook)), over]);
      while (!isOver) {
        const cursor = log.cursorOf(webhook);
        if (cursor === undefined || cursor.acknowledged >= log.head) return;
        const next = await Promise.race([this.#deliver(log, webhook, cursor), over]);
        if (next === null || next.failures > 0) return;
        log.advance(webhook, next);
      }
    };
    try {
      const { env, now } = this.#context;
      const subscribed = await webhooksOf(env.WEBHOOKS, now());
      const webhooks = env.EVENTS === undefined ? subscribed : [...subscribed, QUEUE];
      log.follow(webhooks);
      await Promise.all(webhooks.map(finishOne));
    } catch (error) {
      const reason = messageOf(error);
      writeLog("error", "the last events could not be delivered", { stationId: this.#context.id, reason });
    } finally {
      clearTimeout(timer);
    }
  }

  /** A run is of one log from its beginning to its end: that of another registration is none of its business. */
  async #run(log: EventLog, webhook: outbox.Webhook, key: string): Promise<void> {
    // Until here the run is not in the map, and could not leave it.
    await null;
    try {
      while (!log.isEnded) {
        const cursor = log.cursorOf(webhook);
        const due = cursor === undefined ? null : outbox.due(cursor, log.head, this.#context.now());
        // Not at the end of the drain: another webhook may hang until then.
        if (due !== null && due.at !== "now") await this.#retryDue(due.at);
        if (cursor === undefined || due?.at !== "now") return;
        const before = log.inTrouble;
        log.advance(webhook, await this.#deliver(log, webhook, cursor));
        if (!log.isEnded && log.inTrouble !== before) this.#troubleChanged();
      }
    } finally {
      // At once: a call that joined a run which has ended would wait for the next event.
      this.#running.delete(key);
    }
  }

  async #deliver(log: EventLog, webhook: outbox.Webhook, cursor: outbox.Cursor): Promise<outbox.Cursor> {
    const { id, config, now } = this.#context;
    const batch = bounded(log.after(cursor.acknowledged, outbox.BATCH_MAX_EVENTS));
    const last = batch.at(-1)?.sequence ?? log.head;
    const wanted = batch.filter(({ type }) => webhook.types.length === 0 || webhook.types.includes(type));
    try {
      if (wanted.length > 0) await this.#send(log.incarnation, webhook, wanted);
      return outbox.succeeded(cursor, last);
    } catch (error) {
      const expired = batch.filter(({ at }) => at <= now() - outbox.GIVE_UP_AFTER_MS);
      const upTo = expired.at(-1)?.sequence ?? null;
      writeLog("warn", "a delivery failed", {
        stationId: id,
        webhook: webhook.name,
        from: batch[0]?.sequence,
        to: last,
        attempt: cursor.failures + 1,
        gaveUpTo: upTo,
        reason: messageOf(error),
      });
      return outbox.failed(cursor, upTo, now(), config.WEBHOOK_RETRY_BASE_MS, Math.random());
    }
  }

  async #send(incarnation: string, webhook: outbox.Webhook, events: StationEvent[]): Promise<void> {
    const { id, env, now } = this.#context;
    const batch = events.map((event) => toCloudEvent(id, incarnation, event));
    if (webhook === QUEUE) {
      await sendToQueue(env.EVENTS, batch, id);
      return;
    }
    const body = JSON.stringify(batch);
    const [first, last] = [events[0]?.sequence ?? 0, events.at(-1)?.sequence ?? 0];
    const headers = signedHeaders(webhook.secret, `${eventId(incarnation, first)}-${last}`, body, new Date(now()));
    const contentType = "application/cloudevents-batch+json; charset=utf-8";
    const request = { method: "POST", body, headers: { ...headers, "content-type": contentType } };
    await fetchText(undefined, webhook.url, request, DELIVERY_TIMEOUT_MS, 0);
  }
}

/** Runs of an ended registration are none of the next one's. */
const runKey = (log: EventLog, webhook: outbox.Webhook): string => `${log.incarnation}/${outbox.cursorKey(webhook)}`;

/** The first events that fit into one delivery; at least one. */
function bounded(events: StationEvent[]): StationEvent[] {
  let characters = 0;
  const end = events.findIndex((event, index) => {
    characters += JSON.stringify(event.data).length;
    return index > 0 && characters > outbox.BATCH_MAX_CHARACTERS;
  });
  return end < 0 ? events : events.slice(0, end);
}
