/**
 * What the parts of a station's object share: who it is, its storage, its log and its clock. Must not decide anything.
 */
import { type Config, configOf } from "../../config.ts";
import type { EventType } from "../../delivery/event.ts";
import type { Subscriptions } from "../../delivery/outbox.ts";
import type { Env } from "../../env.ts";
import type { Counted } from "../../fleet/metrics/families.ts";
import { log } from "../../log.ts";
import type { FrameWatch } from "./frame-watch.ts";
import { LogRows } from "../storage/log-rows.ts";
import type { Carrier } from "../storage/carried-acknowledgements.ts";
import { EventLog } from "../storage/event-log.ts";
import type { EndedRegistration, StoredRegistration } from "../storage/facts.ts";
import { Store } from "../storage/store.ts";
import { Counts } from "./counts.ts";

/** Registrations that may have something left to do at once: who registers and deregisters in a loop loses the oldest's last words. */
const ENDED_MAX = 8;

/** Characters of a random id that tells a telling from the last 1,000 of the fleet. */
const COUNTED_ID_LENGTH = 13;

export class StationContext {
  readonly #carrier: Carrier;
  /** The station's identity. */
  readonly id: string;
  readonly env: Env;
  readonly config: Config;
  readonly store: Store;
  /** `null`: nobody watches. */
  watch: FrameWatch | null = null;
  #eventLog: EventLog | null = null;
  /** Since the object woke. */
  #furthest = 0;
  #counts: Counts | null = null;

  constructor(state: DurableObjectState, env: Env, carrier: Carrier) {
    this.#carrier = carrier;
    // Once: the platform makes the text anew each time.
    this.id = state.id.name ?? "";
    this.env = env;
    this.config = configOf(env);
    this.store = new Store(state.storage);
  }

  /** Read when it is first asked for: an object that only refuses needs none. */
  get eventLog(): EventLog {
    if (this.#eventLog === null) {
      const { incarnation = "", floor = 0 } = this.store.fact("registration") ?? {};
      this.#eventLog = new EventLog(this.store, this.#carrier, { incarnation, floor }, this.#rows);
    }
    return this.#eventLog;
  }

  get #rows(): LogRows {
    const { WEBHOOK_BACKLOG_MAX: events, WEBHOOK_BACKLOG_MAX_BYTES: bytes } = this.config;
    return new LogRows(this.store, { events, bytes });
  }

  /** The log of a registration that has ended, as it was kept. */
  logOf(ended: EndedRegistration): EventLog {
    return new EventLog(this.store, () => null, ended, this.#rows, ended);
  }

  /** New with each registration, and part of every event id. `null`: there is none. */
  get incarnation(): string | null {
    return this.store.fact("registration")?.incarnation ?? null;
  }

  /** Sequence of the newest event; `null`: the log was not read since the object woke. */
  get headIfRead(): number | null {
    return this.#eventLog?.head ?? null;
  }

  now(): number {
    return Date.now();
  }

  /** Made when something is counted first. */
  get counts(): Counts {
    this.#counts ??= new Counts(
      () => this.now(),
      () => this.store.fact("registration")?.securityProfile ?? -1,
    );
    return this.#counts;
  }

  /** What is to be handed over, which from now on is no longer with the socket. `null`: there is nothing. */
  takeCounts(): Counted | null {
    const counted = this.#counts?.take(crypto.randomUUID().slice(0, COUNTED_ID_LENGTH)) ?? null;
    const live = counted === null ? null : this.#carrier();
    live?.carry(live.acknowledged);
    return counted;
  }

  /** Whether what was counted has been here for so long. */
  isCountDue(): boolean {
    return this.#counts?.isDue(this.config.METRICS_SECONDS * 1000) === true;
  }

  /** Appends to the log; whoever calls it sees to a drain. */
  emit(type: EventType, data: unknown): number {
    const sequence = this.eventLog.append(type, data, this.now());
    this.watch?.event(type, sequence, data);
    this.counts.event(type, data);
    this.#sayIfFull();
    return sequence;
  }

  /** Why a CALL of this action is refused: nobody takes this station's events. `null`: there is room for it. */
  refusal(action: string): string | null {
    if (this.eventLog.hasRoomFor(action)) return null;
    this.#sayIfFull(action);
    return `${this.eventLog.backlog} events are undelivered; try again later`;
  }

  #sayIfFull(refused?: string): void {
    const lost = this.eventLog.takeLoss(refused !== undefined, this.now());
    if (lost === null) return;
    const message =
      refused === undefined
        ? "a webhook's backlog is full: its oldest events are given up"
        : "no webhook takes this station's events: its messages are refused";
    log("warn", message, { stationId: this.id, ...lost, ...(refused !== undefined && { action: refused }) });
  }

  /** The registration ends: nothing that is under way for it writes any more. */
  endRegistration(): { ended: EndedRegistration; log: EventLog } {
    const log = this.eventLog;
    const ended = { ...log.end(), endedAt: this.now() };
    this.#eventLog = null;
    this.#furthest = Math.max(this.#furthest, ended.head);
    const all = [...(this.store.fact("ended") ?? []), ended];
    this.store.endRegistration(all.slice(-ENDED_MAX), all.slice(0, -ENDED_MAX));
    return { ended, log };
  }

  /** Forgets everything, at once. */
  clear(): Promise<void> {
    this.#eventLog = null;
    return this.store.clear();
  }

  /** Whether a registration has ended for which something is left to do. */
  get hasEnded(): boolean {
    return (this.store.fact("ended")?.length ?? 0) > 0;
  }

  /** The furthest that any log of this identity is known here to have come; `null`: nothing is known of an earlier one. */
  get furthest(): number | null {
    const heads = (this.store.fact("ended") ?? []).map(({ head }) => head);
    const furthest = Math.max(this.#furthest, ...heads);
    return furthest > 0 ? furthest : null;
  }

  beginRegistration(registration: StoredRegistration, webhooks: Subscriptions | null): void {
    this.store.create();
    this.store.setFact("registration", registration);
    this.#eventLog = null;
    this.eventLog.begin(webhooks);
  }
}
