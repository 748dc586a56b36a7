/**
 * Drains a station's outbox to the webhooks and the queue. Must not know sockets, sessions or what events mean.
 */
import { type StationEvent, toCloudEvent, eventId } from "../delivery/event.ts";
import * as outbox from "../delivery/outbox.ts";
import { signedHeaders } from "../delivery/signature.ts";
import { webhooksOf } from "../fleet/webhook-registry.ts";
import { log, messageOf } from "../log.ts";
import type { StationContext } from "./context.ts";
import { fetchText } from "./fetch-text.ts";

/** ms a receiver has to acknowledge a batch. */
const DELIVERY_TIMEOUT_MS = 15_000;
/** The queue binding EVENTS, as one more webhook of this name; no subscription can have it. */
const QUEUE: outbox.Webhook = { name: "queue:EVENTS", url: "", secret: "", types: [], createdAt: 0, replayAt: 0 };

export class Delivery {
  readonly #context: StationContext;
  #draining: Promise<void> | null = null;
  #again = false;

  constructor(context: StationContext) {
    this.#context = context;
  }

  /** ms since the epoch of the next attempt; `null`: nothing waits. Known after a drain. */
  wakeAt: number | null = null;

  /** Delivers all that is due. Calls while it runs join it; it never throws. */
  drain(): Promise<void> {
    this.#again = true;
    this.#draining ??= this.#run();
    return this.#draining;
  }

  async #run(): Promise<void> {
    // Given up only when nobody asked since: a call in between would join a run that is over.
    await null;
    while (this.#again) {
      this.#again = false;
      try {
        await this.#round();
      } catch (error) {
        this.wakeAt = this.#context.now() + this.#context.config.WEBHOOK_RETRY_BASE_MS;
        log("error", "the outbox could not be drained", { stationId: this.#context.id, reason: messageOf(error) });
      }
    }
    this.#draining = null;
  }

  async #round(): Promise<void> {
    const { env, eventLog, now } = this.#context;
    const subscribed = await webhooksOf(env.WEBHOOKS, now());
    const webhooks = env.EVENTS === undefined ? subscribed : [...subscribed, QUEUE];
    eventLog.follow(webhooks);
    const plan = outbox.plan(webhooks, eventLog.cursors, eventLog.head, now());
    this.wakeAt = plan.wakeAt;
    if (plan.due.length === 0) return;
    const moved = await Promise.all(
      plan.due.map(async (webhook) => [outbox.cursorKey(webhook), await this.#deliver(webhook)] as const),
    );
    eventLog.advance(Object.fromEntries(moved));
    // What came meanwhile, and what a batch had no room for.
    this.#again = true;
  }

  async #deliver(webhook: outbox.Webhook): Promise<outbox.Cursor> {
    const { id, config, eventLog, now } = this.#context;
    const cursor = eventLog.cursors[outbox.cursorKey(webhook)] ?? outbox.freshCursor(0);
    const batch = bounded(eventLog.after(cursor.acknowledged, outbox.BATCH_MAX_EVENTS));
    const last = batch.at(-1)?.sequence ?? eventLog.head;
    const wanted = batch.filter(({ type }) => webhook.types.length === 0 || webhook.types.includes(type));
    if (wanted.length === 0) return outbox.freshCursor(last);
    try {
      await this.#send(webhook, wanted);
      return outbox.freshCursor(last);
    } catch (error) {
      const expired = batch.filter(({ at }) => at <= now() - outbox.GIVE_UP_AFTER_MS);
      const upTo = expired.at(-1)?.sequence ?? null;
      log("warn", "a delivery failed", {
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

  async #send(webhook: outbox.Webhook, events: StationEvent[]): Promise<void> {
    const { id, env, incarnation, now } = this.#context;
    const batch = events.map((event) => toCloudEvent(id, incarnation, event));
    if (webhook === QUEUE) {
      await env.EVENTS?.sendBatch(batch.map((body) => ({ body })));
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

/** The first events that fit into one delivery; at least one. */
function bounded(events: StationEvent[]): StationEvent[] {
  let characters = 0;
  const end = events.findIndex((event, index) => {
    characters += JSON.stringify(event.data).length;
    return index > 0 && characters > outbox.BATCH_MAX_CHARACTERS;
  });
  return end < 0 ? events : events.slice(0, end);
}
