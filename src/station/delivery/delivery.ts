/**
 * Drains a station's outbox to the webhooks and the queue. Must not know sockets, sessions or what events mean.
 */
import * as outbox from "../../delivery/outbox.ts";
import { Places } from "../../delivery/places.ts";
import { NotAskedYet } from "../../webhooks/cached-list.ts";
import { knownWebhooks, webhooksOf } from "../../webhooks/webhook-registry.ts";
import { log as writeLog, messageOf } from "../../log.ts";
import { inTime, whenLate } from "../../time-limit.ts";
import type { Agenda, Sink } from "../object/agenda.ts";
import type { StationContext } from "../object/context.ts";
import { attempt, type Attempted } from "./send-attempt.ts";
import { delivered, QUEUE, sinksOf } from "./sinks.ts";
import type { EventLog } from "../storage/event-log.ts";
import { waitsBeside } from "../storage/followers.ts";
import { LastAttempts } from "./last-attempts.ts";
import type { LastWords } from "./last-words.ts";
import { settle } from "./settled-attempt.ts";

/** ms without an answer after which a replay must be able to find the station, and is looked for. */
const SLOW_MS = 2_000;
/** ms that a registration waits for the list of webhooks. */
const REGISTRY_WITHIN_MS = 2_000;
/** ms without an answer after which a receiver has to make room for others, if they wait. */
const LEAVES_ROOM_MS = 1_000;

/** One webhook being served. */
interface Run {
  log: EventLog;
  /** As it was when the list was last read. */
  webhook: outbox.Webhook;
  /** Of the attempt that is under way. */
  open: { replayedAt: number; url: string; abort: AbortController; isOvertaken: boolean } | null;
  /** That attempt has taken long. */
  isSlow: boolean;
  done: Promise<void>;
}

export class Delivery implements Sink {
  readonly #context: StationContext;
  /** One run a webhook, so that one which hangs holds up no other. */
  readonly #running = new Map<string, Run>();
  readonly #places = new Places();
  /** Webhooks that took long over their last delivery, by `cursorKey`. */
  #slow = new Set<string>();
  #retryAt: number | null = null;
  readonly #agenda: Agenda;
  /** Called when trouble with a webhook began or ended. */
  readonly #troubleChanged: () => void;

  /** Waits until a webhook has had, or was to have, the last events of all registrations before a log's. */
  readonly #turn: (log: EventLog, webhook: outbox.Webhook) => Promise<void>;
  readonly #lastAttempts: LastAttempts;

  constructor(
    context: StationContext,
    agenda: Agenda,
    troubleChanged: () => void,
    turn: (log: EventLog, webhook: outbox.Webhook) => Promise<void>,
  ) {
    this.#context = context;
    this.#agenda = agenda;
    this.#troubleChanged = troubleChanged;
    this.#turn = turn;
    this.#lastAttempts = new LastAttempts(context, {
      turn,
      places: this.#places,
      isSuspect: (log, webhook) => this.#isSuspect(log, webhook),
      underway: (log, webhook) => this.#underway(log, webhook),
    });
  }

  /** Whether some webhook does not take its events, or not yet, or was not given some. */
  get inTrouble(): boolean {
    const { eventLog } = this.#context;
    return eventLog.inTrouble || [...this.#running.values()].some(({ log, isSlow }) => log === eventLog && isSlow);
  }

  get retryAt(): number | null {
    return this.#retryAt;
  }

  get hasWork(): boolean {
    const { env, eventLog, now } = this.#context;
    const known = knownWebhooks(now())?.webhooks;
    if (!eventLog.isFollowed) return eventLog.isForAll || env.EVENTS !== undefined || known?.length !== 0;
    // Where all is delivered, what was subscribed meanwhile starts with the next event.
    return eventLog.backlog > 0 || this.inTrouble || outbox.isCalledFor(eventLog.cursors, known ?? []);
  }

  /** The webhooks there are, and the queue as one of them; `null`: they cannot be told now. Never throws. */
  async known(): Promise<outbox.Subscriptions | null> {
    const { env, now } = this.#context;
    try {
      return sinksOf(this.#context, await inTime(webhooksOf(env, now()), REGISTRY_WITHIN_MS, "the webhook registry"));
    } catch (error) {
      const reason = messageOf(error);
      writeLog("warn", "a registration began without the list of webhooks", { stationId: this.#context.id, reason });
      return null;
    }
  }

  /** What comes while a webhook's run is on joins it. */
  async drain(): Promise<void> {
    try {
      // Of the registration there is now: when the list has come there may be another.
      const { env, eventLog: log, now } = this.#context;
      const subscribed = this.hasWork ? await webhooksOf(env, now(), log.webhooksRevision) : null;
      this.#retryAt = null;
      if (subscribed === null || log.isEnded) return;
      const sinks = sinksOf(this.#context, subscribed);
      const webhooks = delivered(sinks.webhooks);
      if (!log.follow(sinks, now())) {
        // Who is missing in it must not wait for the next event; who is in it and stays is served.
        if (waitsBeside(sinks.webhooks, log.cursors, log.head)) this.#retryAt = this.#nextDrainAt();
        await Promise.all(webhooks.map((webhook) => this.#join(log, webhook)));
        return;
      }
      const keys = webhooks.map(outbox.cursorKey);
      this.#slow = new Set(keys.filter((key) => this.#slow.has(key)));
      for (const run of this.#running.values()) if (run.log === log) overtake(run, webhooks);
      // A full backlog loses events without an attempt, and a replay forgets them.
      if (log.takeTroubleChange()) this.#troubleChanged();
      await Promise.all(webhooks.map((webhook) => this.#join(log, webhook)));
    } catch (error) {
      this.#retryAt = this.#nextDrainAt();
      // Of a registry that is not even asked a line for every message would be too many.
      if (error instanceof NotAskedYet) return;
      writeLog("error", "the outbox could not be drained", { stationId: this.#context.id, reason: messageOf(error) });
    }
  }

  #nextDrainAt(): number {
    const { config, eventLog, now } = this.#context;
    let waitingSince = now();
    // Where it is not known who waits: the newest event.
    const cursors = eventLog.isFollowed
      ? Object.values(eventLog.cursors)
      : [outbox.freshCursor(eventLog.head - 1, QUEUE)];
    for (const cursor of cursors) {
      eventLog.read(cursor, ({ at }) => {
        waitingSince = Math.min(waitingSince, at);
        return false;
      });
    }
    return outbox.nextDrainAt(waitingSince, now(), config.WEBHOOK_RETRY_BASE_MS, Math.random());
  }

  #join(log: EventLog, webhook: outbox.Webhook): Promise<void> {
    const key = runKey(log, webhook);
    const running = this.#running.get(key);
    if (running !== undefined) return running.done;
    const run: Run = { log, webhook, open: null, isSlow: false, done: Promise.resolve() };
    this.#running.set(key, run);
    run.done = this.#serve(run, key);
    return run.done;
  }

  /** The last events of a log that has ended, once. `false`: it could not be told in this time who is to have them. */
  finish(log: EventLog, withinMs: number, words: LastWords): Promise<boolean> {
    return this.#lastAttempts.make(log, withinMs, words);
  }

  #underway(log: EventLog, webhook?: outbox.Webhook): Promise<unknown> {
    if (webhook !== undefined) return this.#running.get(runKey(log, webhook))?.done ?? Promise.resolve();
    return Promise.all([...this.#running.values()].filter((run) => run.log === log).map(({ done }) => done));
  }

  #isSuspect(log: EventLog, webhook: outbox.Webhook): boolean {
    return (log.cursorOf(webhook)?.failures ?? 0) > 0 || this.#slow.has(outbox.cursorKey(webhook));
  }

  /** A run is of one log from its beginning to its end: that of another registration is none of its business. */
  async #serve(run: Run, key: string): Promise<void> {
    const { log } = run;
    try {
      // [interface.md §2] Within one station deliveries are in order.
      if (this.#context.hasEnded) await this.#turn(log, run.webhook);
      while (!log.isEnded) {
        const cursor = log.cursorOf(run.webhook);
        const due = cursor === undefined ? null : outbox.due(cursor, log.head, this.#context.now());
        // Not at the end of the drain: another webhook may hang until then.
        if (due !== null && due.at !== "now") await this.#agenda.retryAt(due.at);
        if (cursor === undefined || due?.at !== "now") return;
        const attempted = await this.#attempt(run);
        if (attempted !== null) settle(this.#context, log, run.webhook, attempted);
        const { isSlow } = run;
        run.isSlow = false;
        if (log.isEnded) return;
        if (isSlow) log.countTrouble();
        if (log.takeTroubleChange() || isSlow) this.#troubleChanged();
      }
    } finally {
      // At once: a call that joined a run which has ended would wait for the next event.
      this.#running.delete(key);
    }
  }

  /** What came of it; `null`: a replay was called for meanwhile, or the webhook moved, or it gave way, and it counts for nothing. */
  async #attempt(run: Run): Promise<Attempted | null> {
    const { log } = run;
    const abort = new AbortController();
    const giveWay = () => abort.abort(new Error("its place was wanted"));
    const place = await this.#places.take(this.#isSuspect(log, run.webhook), giveWay);
    // While it waited for its place.
    const cursor = log.cursorOf(run.webhook);
    if (place === null || cursor === undefined || log.isEnded) {
      place?.leave();
      return null;
    }
    const open = { replayedAt: cursor.replayedAt, url: run.webhook.url, abort, isOvertaken: false };
    run.open = open;
    const key = outbox.cursorKey(run.webhook);
    let isLate = false;
    let end = whenLate(LEAVES_ROOM_MS, () => {
      isLate = true;
      this.#slow.add(key);
      place.slow();
      end = whenLate(SLOW_MS - LEAVES_ROOM_MS, () => this.#isSlow(run));
    });
    try {
      const attempted = await attempt(this.#context, log, run.webhook, cursor, abort.signal);
      if (!isLate) this.#slow.delete(key);
      // A receiver's word that came before the place was left is heard: a Retry-After, for one.
      return open.isOvertaken || (abort.signal.aborted && !attempted.isAnswered) ? null : attempted;
    } finally {
      end();
      run.open = null;
      place.leave();
    }
  }

  /** Whoever calls for a replay must find the station; who called before it could be found is heard now. */
  #isSlow(run: Run): void {
    if (run.log.isEnded) return;
    run.isSlow = true;
    run.log.countTrouble();
    this.#troubleChanged();
    void this.drain();
  }
}

/** Runs of an ended registration are none of the next one's. */
const runKey = (log: EventLog, webhook: outbox.Webhook): string => `${log.incarnation}/${outbox.cursorKey(webhook)}`;

/** Ends the attempt of a run whose webhook was removed or moved, or is to be replayed. */
function overtake(run: Run, webhooks: readonly outbox.Webhook[]): void {
  const key = outbox.cursorKey(run.webhook);
  const webhook = webhooks.find((each) => outbox.cursorKey(each) === key);
  const isSame = webhook?.url === run.open?.url && run.log.cursorOf(run.webhook)?.replayedAt === run.open?.replayedAt;
  if (webhook !== undefined) run.webhook = webhook;
  if (run.open === null || isSame) return;
  run.open.isOvertaken = true;
  run.open.abort.abort(new Error("overtaken"));
}
