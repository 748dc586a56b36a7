/**
 * Who was turned away, added up in the memory of one isolate until it may be told: bounded in memory, in time and by sender, so that
 * a flood costs little and hides nobody else. Must not know whom it is told, nor the clock.
 */
import { FailedAttempts, siteKey } from "./attempts.ts";
import { FairPlaces } from "./fair-places.ts";
import type { PresentedCertificate } from "./presented-certificate.ts";
import type { RefusalReason } from "./refusal.ts";
import type { Transport } from "./transport.ts";

export interface Knock {
  stationId: string;
  /** ms since the epoch; of a sum the last one's, as all else but `firstAt` and `count`. */
  at: number;
  reason: RefusalReason;
  remoteAddress: string | null;
  transport: Transport;
  offer: readonly string[];
  certificate: PresentedCertificate | null;
}

export interface KnockSum extends Knock {
  firstAt: number;
  count: number;
  /** What of its address one party may hold. */
  source: string;
  /** Whether its identity is registered; `null`: nobody looked. */
  registered: boolean | null;
}

export interface ToTell {
  newcomers: KnockSum[];
  refusals: KnockSum[];
}

/** Identities that are remembered, a kilobyte each. */
const ENTRIES_MAX = 1_000;
/** Names that nobody may have registered, of one site at once: a depot that was just built. */
const NAMES_BURST = 100;
/** Then so many. */
const NAMES_PER_MINUTE = 10;
/** Identities told of at once: with the longest texts a third of what a message may have. */
const TOLD_MAX = 50;
/** ms between two words about a newcomer, a row each. */
const NEWCOMER_EVERY_MS = 3_600_000;
/** ms between two words about a registered station, and between two looks whether it is one. */
const REFUSALS_EVERY_MS = 60_000;

interface Entry {
  sum: KnockSum;
  /** ms since the epoch; `null`: never. */
  newcomerToldAt: number | null;
  refusalsToldAt: number | null;
  lookedAt: number | null;
}

export class Knocks {
  /** By identity, in the order in which they came first. */
  readonly #entries = new Map<string, Entry>();
  readonly #places = new FairPlaces(ENTRIES_MAX);
  readonly #names = new FailedAttempts({ burst: NAMES_BURST, perSecond: NAMES_PER_MINUTE / 60 });

  /**
   * @param registered `null`: it was turned away before anybody looked
   * @returns whether there is something to tell
   */
  note(knock: Knock, registered: boolean | null): boolean {
    const entry = this.#entries.get(knock.stationId) ?? this.#admitted(knock, registered);
    if (entry === null) return false;
    const { sum } = entry;
    // Deregistered later, it is news once more.
    if (registered === true) entry.newcomerToldAt = null;
    // What was turned away before it was registered is no refusal of the station that it is since.
    const count = sum.registered === registered ? sum.count : 0;
    entry.sum = {
      ...knock,
      source: siteKey(knock.remoteAddress),
      registered,
      firstAt: count === 0 ? knock.at : sum.firstAt,
      count: count + 1,
    };
    return isDue(entry, knock.at);
  }

  /** The station is in: what it was refused for is over. */
  connected(stationId: string): void {
    const entry = this.#entries.get(stationId);
    if (entry !== undefined) entry.sum.count = 0;
    this.registered(stationId);
  }

  /** It is no newcomer; deregistered later, it is news once more. */
  registered(stationId: string): void {
    const entry = this.#entries.get(stationId);
    if (entry !== undefined) entry.newcomerToldAt = null;
  }

  /** Of each site the first, then of each the second: who sends many names takes no other's place. */
  due(now: number): KnockSum[] {
    const before = new Map<string, number>();
    const ranked = [...this.#entries.values()]
      .filter((entry) => isDue(entry, now))
      .map(({ sum }) => {
        const rank = before.get(sum.source) ?? 0;
        before.set(sum.source, rank + 1);
        return { sum, rank };
      });
    return ranked
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, TOLD_MAX)
      .map(({ sum }) => sum);
  }

  /** They count as told from now on. @param registered those of them that are, as far as it was not known */
  take(due: readonly KnockSum[], registered: ReadonlySet<string>, now: number): ToTell {
    const told: ToTell = { newcomers: [], refusals: [] };
    for (const { stationId } of due) {
      const entry = this.#entries.get(stationId);
      if (entry === undefined || entry.sum.count === 0) continue;
      entry.lookedAt = now;
      if (entry.sum.registered ?? registered.has(stationId)) {
        if (isOver(entry.refusalsToldAt, REFUSALS_EVERY_MS, now)) told.refusals.push(emptied(entry));
        else continue;
        entry.refusalsToldAt = now;
      } else if (isOver(entry.newcomerToldAt, NEWCOMER_EVERY_MS, now)) {
        told.newcomers.push(emptied(entry));
        entry.newcomerToldAt = now;
      }
    }
    return told;
  }

  /** It could not be told. */
  giveBack({ newcomers, refusals }: ToTell): void {
    for (const { stationId, firstAt, count } of [...newcomers, ...refusals]) {
      const entry = this.#entries.get(stationId);
      if (entry === undefined) continue;
      entry.sum.firstAt = Math.min(entry.sum.firstAt, firstAt);
      entry.sum.count += count;
      entry.newcomerToldAt = null;
      entry.refusalsToldAt = null;
      entry.lookedAt = null;
    }
  }

  /** `null`: its site has sent too many names. One that is registered is none that somebody made up. */
  #admitted(knock: Knock, registered: boolean | null): Entry | null {
    const source = siteKey(knock.remoteAddress);
    if (registered !== true) {
      if (this.#names.isExhausted(source, knock.at)) return null;
      this.#names.failed(source, knock.at);
    }
    const dropped = this.#places.add(knock.stationId, source);
    if (dropped !== null) this.#entries.delete(dropped);
    const sum: KnockSum = { ...knock, source, registered, firstAt: knock.at, count: 0 };
    const entry: Entry = { sum, newcomerToldAt: null, refusalsToldAt: null, lookedAt: null };
    this.#entries.set(knock.stationId, entry);
    return entry;
  }
}

function emptied(entry: Entry): KnockSum {
  const sum = { ...entry.sum };
  entry.sum.count = 0;
  return sum;
}

function isDue({ sum, newcomerToldAt, refusalsToldAt, lookedAt }: Entry, now: number): boolean {
  if (sum.count === 0) return false;
  switch (sum.registered) {
    case true:
      return isOver(refusalsToldAt, REFUSALS_EVERY_MS, now);
    case false:
      return isOver(newcomerToldAt, NEWCOMER_EVERY_MS, now);
    case null:
      return isOver(lookedAt, REFUSALS_EVERY_MS, now);
  }
}

/** A clock that was set back holds nothing up. */
const isOver = (since: number | null, ms: number, now: number): boolean =>
  since === null || now < since || now - since >= ms;
