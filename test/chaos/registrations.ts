/**
 * Stations are deregistered and registered anew while they are in use: at once, while the DELETE still runs, after a pause,
 * with commands queued meanwhile; or just registered again. Must not know what that may break.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Kerbside, Registered, Registration as Wanted } from "../../src/client/kerbside.ts";
import { type Asked, outcomeOf } from "./api.ts";
import type { Downtime } from "./downtime.ts";
import type { Occurrences } from "./faults.ts";
import type { Lag } from "./lag.ts";
import type { Deregistration, LastCommand, Registration } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { ChaosStation } from "./station.ts";

const KINDS = { "at once": 4, overlapping: 2, "after a pause": 3, "again only": 3 } as const;
const PAUSE_MS = [300, 5_000] as const;
/** A PUT that is sent so long after a DELETE comes behind it. */
const OVERLAP_MS = 500;
const RETRY_MS = 300;
/** When what a PUT made is looked at: longer than whatever was under way before. */
const LOOK_AFTER_MS = [200, 1_000, 4_000, 11_000, 18_000] as const;
const COMMAND_SECONDS = { timeoutSeconds: 5, expiresInSeconds: 120 };

export interface RegistrarOptions {
  /** Without retries: each attempt is one. */
  kerbside: Kerbside;
  lag: Lag;
  random: Random;
  occurrences: Occurrences;
  /** What a kill cut short proves nothing. */
  downtime: Downtime;
  /** What a PUT says beside the labels. */
  registrationOf(station: ChaosStation): Wanted;
}

export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #busy = new Set<ChaosStation>();
  readonly #numbers = new Map<string, number>();
  readonly deregistrations: Deregistration[] = [];
  readonly registrations: Registration[] = [];
  #stopping = false;
  #hasGivenUp = false;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  get lastNumbers(): Record<string, string> {
    return Object.fromEntries(Array.from(this.#numbers, ([id, number]) => [id, String(number)]));
  }

  /** No look is taken any more. */
  stop(): void {
    this.#stopping = true;
  }

  /** It insists on nothing any more. */
  giveUp(): void {
    this.#hasGivenUp = true;
  }

  async disturb(stations: readonly ChaosStation[]): Promise<void> {
    const { random, occurrences } = this.#options;
    const station = random.pick(stations);
    const kind = random.weighted(KINDS);
    const pauseMs = random.between(...PAUSE_MS);
    if (this.#busy.has(station)) return;
    this.#busy.add(station);
    try {
      if (kind === "again only") await this.#again(station);
      else await this.#anew(station, kind, pauseMs);
      occurrences.count("registrations", kind);
    } finally {
      this.#busy.delete(station);
    }
  }

  async #again(station: ChaosStation): Promise<void> {
    const password = this.#options.random.chance(0.5) ? "generate" : "chaos-0123456789abcdef";
    await this.#put(station, { password, more: { touched: "yes" } });
  }

  async #anew(station: ChaosStation, kind: keyof typeof KINDS, pauseMs: number): Promise<void> {
    const commands = await this.#lastCommands(station);
    // Those that wait for their answer are on their way when the DELETE is.
    await delay(50);
    const number = (this.#numbers.get(station.id) ?? 0) + 1;
    this.#numbers.set(station.id, number);
    const deletion = this.#delete(station, commands.list);
    if (kind === "overlapping") {
      await Promise.race([deletion, delay(OVERLAP_MS)]);
      const [made, attempts] = await Promise.all([this.#putMeanwhile(station), deletion]);
      await commands.done;
      station.registeredAnew(String(number));
      // A DELETE that a kill cut short came again, behind the PUT.
      if (made !== null && attempts > 1) this.registrations.splice(this.registrations.indexOf(made), 1);
      else if (made !== null && (await this.#lookNow(made)) === 200) return;
    } else {
      await deletion;
      await commands.done;
      station.registeredAnew(String(number));
      if (kind === "after a pause") await delay(pauseMs);
    }
    await this.#put(station, {});
  }

  /** Some that wait in the queue behind one that is sent, some whose callers wait. */
  async #lastCommands({ id }: ChaosStation): Promise<{ list: LastCommand[]; done: Promise<unknown> }> {
    const { kerbside, random } = this.#options;
    const list: LastCommand[] = [];
    const ask = async (isWaiting: boolean) => {
      const command: LastCommand = { commandId: null, state: null };
      list.push(command);
      const options = { ...COMMAND_SECONDS, isAwaited: isWaiting };
      const outcome = await outcomeOf(
        kerbside.station(id).submit("ocpp1.6", "DataTransfer", { vendorId: "last" }, options),
      );
      if (outcome.kind !== "answer") return;
      command.commandId = outcome.value.commandId;
      command.state = outcome.value.state;
    };
    for (let count = random.integer(0, 3); count > 0; count--) await ask(false);
    return { list, done: random.chance(0.5) ? ask(true) : Promise.resolve() };
  }

  /** Insists; resolves to the number of attempts. */
  async #delete({ id }: ChaosStation, commands: LastCommand[]): Promise<number> {
    const { kerbside, lag, downtime } = this.#options;
    const entry: Deregistration = { stationId: id, sentAt: Date.now(), endedAt: Infinity, tookMs: [], commands };
    this.deregistrations.push(entry);
    for (let attempt = 1; ; attempt++) {
      const [at, from, late] = [Date.now(), performance.now(), lag.soFarMs];
      const outcome = await outcomeOf(kerbside.station(id).deregister());
      if (downtime.wasUpSince(at) && outcome.kind !== "refused")
        entry.tookMs.push(Math.round(performance.now() - from - (lag.soFarMs - late)));
      if (outcome.kind === "answer" || (outcome.kind === "refused" && outcome.status === 404)) {
        entry.endedAt = Date.now();
        return attempt;
      }
      if (this.#hasGivenUp) return attempt;
      await delay(RETRY_MS);
    }
  }

  /** One that comes behind a DELETE that is not answered yet: what it is answered 2xx must hold. */
  async #putMeanwhile(station: ChaosStation): Promise<Registration | null> {
    const at = Date.now();
    const { kind } = await this.#ask(station, {});
    const holds = kind === "answer" && this.#options.downtime.wasUpSince(at);
    return holds ? this.#made(station.id) : null;
  }

  async #put(station: ChaosStation, more: PutMore): Promise<void> {
    for (;;) {
      const outcome = await this.#ask(station, more);
      if (outcome.kind === "answer") return void this.#made(station.id);
      if (outcome.kind === "refused" && outcome.status < 500 && outcome.status !== 409 && outcome.status !== 429)
        throw new Error(`registration of ${station.id}: ${outcome.status}`);
      if (this.#hasGivenUp) return;
      await delay(RETRY_MS);
    }
  }

  #ask(station: ChaosStation, { password, more = {} }: PutMore): Promise<Asked<Registered>> {
    const { kerbside, registrationOf } = this.#options;
    const labels = { registration: String(this.#numbers.get(station.id) ?? 0), ...more };
    const wanted = { ...registrationOf(station), labels, ...(password !== undefined && { password }) };
    return outcomeOf(kerbside.station(station.id).register(wanted));
  }

  #made(stationId: string): Registration {
    const number = String(this.#numbers.get(stationId) ?? 0);
    const entry: Registration = { stationId, number, answeredAt: Date.now(), looks: [] };
    this.registrations.push(entry);
    void this.#look(entry);
    return entry;
  }

  /** Until the next DELETE. */
  async #look(entry: Registration): Promise<void> {
    for (const afterMs of LOOK_AFTER_MS) {
      await delay(Math.max(entry.answeredAt + afterMs - Date.now(), 0), undefined, { ref: false });
      if (this.#isOver(entry)) return;
      await this.#lookNow(entry);
    }
  }

  #isOver = ({ stationId, number }: Registration) =>
    this.#stopping || String(this.#numbers.get(stationId) ?? 0) !== number;

  async #lookNow(entry: Registration): Promise<number | null> {
    const at = Date.now();
    const outcome = await outcomeOf(this.#options.kerbside.station(entry.stationId).get());
    if (outcome.kind === "lost" || this.#isOver(entry)) return null;
    const status = outcome.kind === "answer" ? 200 : outcome.status;
    const number = outcome.kind === "answer" ? (outcome.value.labels.registration ?? null) : null;
    entry.looks.push({ at, status, number });
    return status;
  }
}

interface PutMore {
  password?: string;
  more?: Record<string, string>;
}
