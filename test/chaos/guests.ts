/**
 * A webhook that comes, changes its types and goes, under another URL each time, so that what each was given is told apart.
 * Must not know what should reach it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { SECRET } from "../support/http-peers.ts";
import type { EventType, Kerbside } from "../../src/client/kerbside.ts";
import { outcomeOf } from "./api.ts";
import { type Backend, HANGS, type Receivers } from "./backend.ts";
import type { Occurrences } from "./faults.ts";
import type { Guest } from "./ledger.ts";

const NAME = "guest";
const TYPES = [[], ["ocpp.call"], ["ocpp.command.completed", "ocpp.call"], ["ocpp.station.connected"]] as const;
const RETRY_MS = 300;

export class Guests {
  readonly #kerbside: Kerbside;
  readonly #backend: Backend;
  readonly #receivers: Receivers;
  readonly #occurrences: Occurrences;
  readonly guests: Guest[] = [];
  #turn = 0;
  #hasGivenUp = false;
  #changing: Promise<void> = Promise.resolve();

  constructor(kerbside: Kerbside, backend: Backend, receivers: Receivers, occurrences: Occurrences) {
    this.#kerbside = kerbside;
    this.#backend = backend;
    this.#receivers = receivers;
    this.#occurrences = occurrences;
  }

  /** It comes, changes, changes, goes, in turn. */
  change(): Promise<void> {
    const turn = this.#turn++;
    return this.#inTurn(() => (turn % 4 === 3 ? this.#go() : this.#come([...(TYPES[turn % TYPES.length] ?? [])])));
  }

  /** The last one takes all and stays. */
  stay(): Promise<void> {
    return this.#inTurn(() => this.#come([]));
  }

  /** It insists on nothing any more. */
  giveUp(): void {
    this.#hasGivenUp = true;
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    this.#changing = this.#changing.then(change);
    return this.#changing;
  }

  async #come(types: EventType[]): Promise<void> {
    const isNew = this.guests.at(-1)?.until !== Number.POSITIVE_INFINITY;
    const webhook = `${NAME}-${this.guests.length}`;
    this.#backend.open(this.#receivers.door(webhook, { odds: { fair: 0.1, foul: 0.6 }, failures: HANGS }));
    this.#end();
    const subscription = { url: this.#backend.urlOf(webhook), secret: SECRET, types };
    await this.#insist(() => this.#kerbside.putWebhook(NAME, subscription));
    this.#gone();
    const never = Number.POSITIVE_INFINITY;
    this.guests.push({ webhook, types, from: Date.now(), until: never, goneAt: never });
    this.#occurrences.count("webhooks", isNew ? "came" : "changed");
  }

  async #go(): Promise<void> {
    this.#end();
    await this.#insist(() => this.#kerbside.deleteWebhook(NAME));
    this.#gone();
    this.#occurrences.count("webhooks", "went");
  }

  #end(): void {
    const last = this.guests.at(-1);
    if (last !== undefined) last.until = Math.min(last.until, Date.now());
  }

  #gone(): void {
    const last = this.guests.at(-1);
    if (last !== undefined) last.goneAt = Math.min(last.goneAt, Date.now());
  }

  async #insist(ask: () => Promise<unknown>): Promise<void> {
    while (!this.#hasGivenUp) {
      const outcome = await outcomeOf(ask());
      if (outcome.kind === "answer" || (outcome.kind === "refused" && outcome.status === 404)) return;
      await delay(RETRY_MS);
    }
  }
}
