/**
 * The last events of a log that has ended: to each webhook once, batch by batch, until it fails or the time is over. Must not know
 * what ended it, or what becomes of the rest.
 */
import { cursorKey, type Subscriptions, type Webhook } from "../../delivery/outbox.ts";
import type { Places } from "../../delivery/places.ts";
import { log as writeLog, messageOf } from "../../log.ts";
import { webhooksOf } from "../../webhooks/webhook-registry.ts";
import type { StationContext } from "../object/context.ts";
import type { EventLog } from "../storage/event-log.ts";
import type { LastWords } from "./last-words.ts";
import { attempt, type Attempted } from "./send-attempt.ts";
import { settle } from "./settled-attempt.ts";
import { delivered, sinksOf } from "./sinks.ts";

/** ms between two questions for a list of webhooks that could not be had. */
const LIST_AGAIN_MS = 1_000;

/** What they share with the deliveries of the registration that there is. */
export interface LastAttemptsPort {
  places: Places;
  /** The webhook failed or took long the last time. */
  isSuspect(log: EventLog, webhook: Webhook): boolean;
  /** Waits until the webhook has had its chance of what other registrations had before. */
  turn(log: EventLog, webhook: Webhook): Promise<void>;
  /** Resolves when what is under way for the log is over, to one webhook or to all. */
  underway(log: EventLog, webhook?: Webhook): Promise<unknown>;
}

/** How long there is. */
interface Time {
  /** Aborted when it is over, for what can be stopped. */
  signal: AbortSignal;
  /** Resolves then, for what cannot. */
  over: Promise<null>;
}

export class LastAttempts {
  readonly #context: StationContext;
  readonly #port: LastAttemptsPort;

  constructor(context: StationContext, port: LastAttemptsPort) {
    this.#context = context;
    this.#port = port;
  }

  /**
   * @param words is told who is to have them, and who has had his chance
   * @returns `false`: it could not be told in this time who is to have them, so nobody had a chance. Never throws.
   */
  async make(log: EventLog, withinMs: number, words: LastWords): Promise<boolean> {
    if (log.head === log.floor) return true;
    const end = new AbortController();
    const { promise: over, resolve } = Promise.withResolvers<null>();
    end.signal.addEventListener("abort", () => resolve(null), { once: true });
    const timer = setTimeout(() => end.abort(), withinMs);
    const time = { signal: end.signal, over };
    try {
      const subscribed = await this.#subscribed(log, time);
      if (subscribed === null) {
        await Promise.race([this.#port.underway(log), over]);
        return false;
      }
      const sinks = sinksOf(this.#context, subscribed);
      log.follow(sinks, this.#context.now());
      const webhooks = delivered(sinks.webhooks);
      words.areFor(webhooks.map(cursorKey));
      await Promise.all(
        webhooks.map((webhook) => this.#toOne(log, webhook, time).finally(() => words.endFor(cursorKey(webhook)))),
      );
    } catch (error) {
      this.#tell("error", "the last events could not be delivered", error);
    } finally {
      clearTimeout(timer);
    }
    return true;
  }

  /** An isolate that has just begun may find the registry away: the events wait for it. */
  async #subscribed(log: EventLog, { signal, over }: Time): Promise<Subscriptions | null> {
    const { env, now } = this.#context;
    let isTold = false;
    while (!signal.aborted) {
      try {
        const subscribed = await Promise.race([webhooksOf(env, now(), log.webhooksRevision), over]);
        if (subscribed !== null) return subscribed;
      } catch (error) {
        if (!isTold) this.#tell("warn", "the last events wait for the list of webhooks", error);
        isTold = true;
        await Promise.race([new Promise((resolve) => setTimeout(resolve, LIST_AGAIN_MS)), over]);
      }
    }
    return null;
  }

  async #toOne(log: EventLog, webhook: Webhook, { signal, over }: Time): Promise<void> {
    // Its own registration may have ended before its turn came.
    await Promise.race([this.#port.turn(log, webhook), over]);
    const failures = () => log.cursorOf(webhook)?.failures ?? 0;
    const before = failures();
    await Promise.race([this.#port.underway(log, webhook), over]);
    // What was under way was the one chance, and a receiver that asked for patience gets it.
    if (failures() > before) return;
    while (!signal.aborted) {
      const attempted = await Promise.race([this.#attempt(log, webhook, signal), over]);
      if (attempted === null) return;
      settle(this.#context, log, webhook, attempted);
      if (failures() > 0) return;
    }
  }

  async #attempt(log: EventLog, webhook: Webhook, signal: AbortSignal): Promise<Attempted | null> {
    const cursor = log.cursorOf(webhook);
    if (cursor === undefined || cursor.acknowledged >= log.head) return null;
    // They have one chance, which nobody takes from them.
    const place = await this.#port.places.take(this.#port.isSuspect(log, webhook), () => {}, signal);
    if (place === null) return null;
    try {
      return await attempt(this.#context, log, webhook, cursor, signal);
    } finally {
      place.leave();
    }
  }

  #tell(level: "warn" | "error", what: string, error: unknown): void {
    writeLog(level, what, { stationId: this.#context.id, reason: messageOf(error) });
  }
}
