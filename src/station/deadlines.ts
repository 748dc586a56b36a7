/**
 * What the object must wake for, by its one alarm: at the earliest deadline, never put off. One that finds nothing due sets
 * the next. Must not know what is done when one is over.
 */
import { AGAIN_MAX_MS } from "./announcements.ts";
import { RETRY_MAX_MS } from "../delivery/outbox.ts";
import { OPEN_CALL_MAX_MS, type OpenCall } from "../ocpp/open-call.ts";

/** ms; longer than a delivery may take. */
const SAFETY_MS = 60_000;
/** ms, each the longest that a deadline of its kind may be ahead: it is further only where the clock was set back. */
const AHEAD_MAX_MS = {
  openCall: OPEN_CALL_MAX_MS,
  // Silence is a day where the station's interval is not known, or two intervals, of at most a day each, and some grace.
  presence: 2 * 86_400_000 + 60_000,
  expiry: 604_800_000,
  // Years, mostly: looked at again before.
  certificate: 30 * 86_400_000,
  delivery: RETRY_MAX_MS,
  outbox: SAFETY_MS,
  untold: AGAIN_MAX_MS,
} as const;
/** ms by which two clocks of one platform may differ without one having been set. */
const CLOCK_TOLERANCE_MS = 5_000;
const NEVER = Number.POSITIVE_INFINITY;

/** ms since the epoch of each deadline; `null`: there is none. */
export interface Due {
  openCall: OpenCall | null;
  presenceAt: number | null;
  nextExpiry: number | null;
  untoldAt: number | null;
  /** The end of the live connection's certificate. */
  certificateUntil: number | null;
}

export class Deadlines {
  readonly #storage: DurableObjectStorage;
  /** `null`: the station is not registered, and nothing is due that was. */
  readonly #due: () => Due | null;
  /** ms since the epoch; `null`: none is set, `undefined`: not known since the object woke. */
  #alarmAt: number | null | undefined = undefined;
  /** ms since the epoch at which the outbox is looked at once more; `null`: done. */
  #outboxAt: number | null = null;
  #timedCall: string | null = null;
  #changed = false;
  readonly #now: () => number;
  /** ms since the epoch, as far as the clock was ever seen to be since the object woke. */
  #latest = 0;

  constructor(storage: DurableObjectStorage, now: () => number, due: () => Due | null) {
    this.#storage = storage;
    this.#now = now;
    this.#due = due;
  }

  /** Called at each look at the station: after the clock was set back, an alarm that was set before would ring too late. */
  seen(at: number | undefined): void {
    if (at === undefined) return;
    if (at < this.#latest - CLOCK_TOLERANCE_MS) this.#changed = true;
    this.#latest = at;
  }

  /** Whether one came nearer than the alarm, as far as that is known. */
  get isNearer(): boolean {
    this.#changed &&= this.#next(null) < (this.#alarmAt ?? NEVER);
    return this.#changed;
  }

  changed(): void {
    this.#changed = true;
  }

  /** Whatever comes of the deliveries now, the outbox is looked at after them. */
  lookAtOutbox(now: number): void {
    this.#outboxAt ??= now + SAFETY_MS;
    this.#changed = true;
  }

  /** That CALL's deadline is the timer of a request that waits for it, and costs no alarm; `null`: no longer. */
  timedByRequest(messageId: string | null): void {
    this.#timedCall = messageId;
    this.#changed = true;
  }

  /** @param deliveryAt ms since the epoch of the next attempt at a delivery; `null`: there is none */
  async arm(deliveryAt: number | null): Promise<void> {
    this.#changed = false;
    if (this.#next(deliveryAt) === NEVER) return;
    const known = this.#alarmAt === undefined ? await this.#storage.getAlarm() : null;
    // Set meanwhile by another call, it would be put off by what was known before.
    if (this.#alarmAt === undefined) this.#alarmAt = known;
    // What was due then need not be now: an alarm in an emptied storage would be all it holds.
    const next = this.#next(deliveryAt);
    if (next === NEVER) return;
    if (this.#alarmAt === null || this.#alarmAt > next) await this.wakeAt(next);
  }

  #next(deliveryAt: number | null): number {
    const due = this.#due();
    if (due === null) return NEVER;
    const { openCall, presenceAt, nextExpiry, untoldAt, certificateUntil } = due;
    const openUntil = openCall === null || openCall.messageId === this.#timedCall ? null : openCall.deadline;
    const now = this.#now();
    return Math.min(
      clamped(openUntil, now + AHEAD_MAX_MS.openCall),
      clamped(presenceAt, now + AHEAD_MAX_MS.presence),
      clamped(nextExpiry, now + AHEAD_MAX_MS.expiry),
      clamped(certificateUntil, now + AHEAD_MAX_MS.certificate),
      clamped(deliveryAt, now + AHEAD_MAX_MS.delivery),
      clamped(this.#outboxAt, now + AHEAD_MAX_MS.outbox),
      clamped(untoldAt, now + AHEAD_MAX_MS.untold),
    );
  }

  /** @param at ms since the epoch, whatever else is due */
  async wakeAt(at: number): Promise<void> {
    this.#alarmAt = at;
    await this.#storage.setAlarm(at);
  }

  /** The alarm rang, or went with all else. */
  alarmIsOver(): void {
    this.#alarmAt = null;
    this.#outboxAt = null;
  }
}

const clamped = (at: number | null, latest: number): number => (at === null ? NEVER : Math.min(at, latest));
