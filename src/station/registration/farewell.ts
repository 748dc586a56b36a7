/**
 * What is left to do for a registration that has ended: its row of the directory goes, its last events get one chance, then
 * all it had is deleted. Must not touch what a newer registration has.
 */
import { log, messageOf } from "../../log.ts";
import type { Announcements } from "./announcements.ts";
import type { StationContext } from "../object/context.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { cursorKey, freshCursor, type Webhook } from "../../delivery/outbox.ts";
import type { EventLog } from "../storage/event-log.ts";
import { LastWords } from "../delivery/last-words.ts";
import type { EndedRegistration } from "../storage/facts.ts";

/** ms in which the last events of a registration are delivered. */
const DELIVER_WITHIN_MS = 20_000;
/** ms after which a crash's remains are deleted without another attempt to deliver them. */
const STALE_AFTER_MS = 300_000;

export class Farewell {
  readonly #context: StationContext;
  readonly #delivery: Delivery;
  readonly #announcements: Announcements;
  /** Called once the storage is empty. */
  readonly #cleared: () => void;
  readonly #underway = new Map<string, { ended: EndedRegistration; words: LastWords }>();
  /** Those whose events have had their chance since the object woke. */
  readonly #delivered = new Set<string>();

  constructor(context: StationContext, delivery: Delivery, announcements: Announcements, cleared: () => void) {
    this.#context = context;
    this.#delivery = delivery;
    this.#announcements = announcements;
    this.#cleared = cleared;
  }

  /**
   * Of the registration that has just ended, with the log that what is under way for it holds.
   * @returns when the directory has no row of it any more, or could not be reached; and when all is over
   */
  begin(ended: EndedRegistration, log: EventLog): { unlisted: Promise<boolean>; over: Promise<void> } {
    const words = new LastWords();
    this.#underway.set(ended.incarnation, { ended, words });
    const unlisted = this.#unlist(ended);
    return { unlisted, over: this.#finish(ended, log, words, unlisted) };
  }

  /** Goes on with what a crash or the directory held up. */
  async goOn(): Promise<void> {
    const held = this.#held.filter(({ incarnation }) => !this.#underway.has(incarnation));
    await Promise.all(held.map((ended) => this.begin(ended, this.#context.logOf(ended)).over));
  }

  /**
   * Waits until a webhook has had its chance of the last events of all registrations before a log's, and keeps that it had: after a
   * crash they would come behind the first events of this one.
   * @param goOn begins what a crash held up
   */
  async turn({ floor }: EventLog, webhook: Webhook, goOn: () => void): Promise<void> {
    const key = cursorKey(webhook);
    // Without an event there is nothing to wait for.
    const isBefore = (ended: EndedRegistration) => ended.head > ended.floor && ended.head <= floor;
    const isHeld = ({ incarnation }: EndedRegistration) =>
      !this.#underway.has(incarnation) && !this.#delivered.has(incarnation);
    for (let isHeard = false; !isHeard; ) {
      if (this.#held.some((ended) => isBefore(ended) && !hadBy(ended, key) && isHeld(ended))) goOn();
      const before = [...this.#underway.values()].filter(({ ended }) => isBefore(ended));
      isHeard = (await Promise.all(before.map(({ words }) => words.overFor(key)))).every(Boolean);
    }
    const had = this.#held.map((ended) => (isBefore(ended) && !hadBy(ended, key) ? withoutRest(ended, key) : ended));
    if (had.some((ended, index) => ended !== this.#held[index])) this.#context.store.setFact("ended", had);
  }

  get #held(): readonly EndedRegistration[] {
    return this.#context.store.fact("ended") ?? [];
  }

  async #finish(ended: EndedRegistration, log: EventLog, words: LastWords, unlisted: Promise<boolean>): Promise<void> {
    try {
      const hadChance = await this.#deliver(ended, log, words);
      // Its storage may go only when the directory knows how far its sequences came.
      if ((await unlisted) && hadChance) await this.#delete(ended);
    } finally {
      this.#leave(ended, words);
    }
  }

  /** `false`: it is not known who is to have its events, so nobody had a chance of them. */
  async #deliver(ended: EndedRegistration, log: EventLog, words: LastWords): Promise<boolean> {
    const { incarnation, endedAt } = ended;
    let hadChance = true;
    try {
      if (this.#delivered.has(incarnation)) return true;
      const isStale = this.#context.now() - endedAt >= STALE_AFTER_MS;
      hadChance = isStale || (await this.#delivery.finish(log, DELIVER_WITHIN_MS, words));
      if (hadChance) this.#delivered.add(incarnation);
      return hadChance;
    } finally {
      // Before who waits for its end looks again: it must find that this goes on no more.
      if (!hadChance) this.#leave(ended, words);
      words.end(hadChance);
    }
  }

  /** What was begun again meanwhile stays. */
  #leave({ incarnation }: EndedRegistration, words: LastWords): void {
    if (this.#underway.get(incarnation)?.words === words) this.#underway.delete(incarnation);
  }

  async #unlist(ended: EndedRegistration): Promise<boolean> {
    try {
      await this.#announcements.deregistered(ended);
      return true;
    } catch (error) {
      log("warn", "the directory was not told of a deregistration", {
        stationId: this.#context.id,
        reason: messageOf(error),
      });
      return false;
    }
  }

  /** Reads and writes in one turn: a registration that is made meanwhile is there before it, or after. */
  async #delete({ incarnation, floor, head }: EndedRegistration): Promise<void> {
    const { store } = this.#context;
    this.#delivered.delete(incarnation);
    const rest = this.#held.filter((ended) => ended.incarnation !== incarnation);
    if (rest.length === 0 && store.fact("registration") === undefined) {
      const isEmpty = this.#context.clear();
      this.#cleared();
      return isEmpty;
    }
    store.deleteLog(floor, head);
    if (rest.length > 0) store.setFact("ended", rest);
    else store.dropFact("ended");
  }
}

/** Whether a webhook is known to have had its chance. */
const hadBy = ({ cursors, head }: EndedRegistration, key: string): boolean => (cursors[key]?.acknowledged ?? 0) >= head;

function withoutRest(ended: EndedRegistration, key: string): EndedRegistration {
  const cursor = freshCursor(ended.head, { replayAt: ended.cursors[key]?.replayedAt ?? 0 });
  return { ...ended, cursors: { ...ended.cursors, [key]: cursor } };
}
