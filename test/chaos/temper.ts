/**
 * Peculiarities of stations with what names their messages, as real makes have them. Must not know sockets or the broker.
 */
import type { Random } from "./random.ts";
import type { Version } from "./sessions.ts";

export interface Temper {
  name: string;
  /** `counter`: from 1 again on every connection. */
  messageIds: "random" | "counter";
  /** 2.x: `counter` starts from 1 again at each boot. */
  transactionIds: "unique" | "counter";
  /** 1.6: `none` gives 1970 for ever, and a meter that starts at 0 for each transaction. */
  clock: "right" | "none";
  /** 2.x */
  seqNo: "rising" | "stuck";
  /** It says its status right behind its boot, without an answer. */
  hasty: boolean;
  /** Chance of a power cut behind a session. */
  resets: number;
}

export const PLAIN: Temper = {
  name: "plain",
  messageIds: "random",
  transactionIds: "unique",
  clock: "right",
  seqNo: "rising",
  hasty: false,
  resets: 0,
};

const OF_16: readonly Temper[] = [
  PLAIN,
  { ...PLAIN, name: "no clock", clock: "none" },
  { ...PLAIN, name: "counted messageIds", messageIds: "counter", resets: 0.2 },
  { ...PLAIN, name: "hasty", hasty: true, resets: 0.4 },
];
const OF_201: readonly Temper[] = [
  PLAIN,
  { ...PLAIN, name: "seqNo stuck", seqNo: "stuck" },
  { ...PLAIN, name: "counters that restart", messageIds: "counter", transactionIds: "counter", resets: 0.4 },
  { ...PLAIN, name: "hasty", hasty: true, resets: 0.4 },
];

/** The temper of a station by its number, so that the same seed and number make the same station. */
export function temperOf(version: Version, number: number): Temper {
  const all = version === "ocpp1.6" ? OF_16 : OF_201;
  return all[Math.floor(number / 2) % all.length] as Temper;
}

/** What a station counts. */
export class Counters {
  readonly #temper: Temper;
  readonly #random: Random;
  #messages = 0;
  #transactions = 0;
  /** Over all sessions, and so it tells them apart, but of a station without a clock. */
  meter = 1;

  constructor(temper: Temper, random: Random) {
    this.#temper = temper;
    this.#random = random;
  }

  connected(): void {
    this.#messages = 0;
  }

  booted(): void {
    this.#transactions = 0;
  }

  sessionBegins(): void {
    if (this.#temper.clock === "none") this.meter = 0;
  }

  messageId(): string {
    return this.#temper.messageIds === "counter" ? String(++this.#messages) : crypto.randomUUID();
  }

  transactionId(): string {
    if (this.#temper.transactionIds === "counter") return String(++this.#transactions);
    return `${this.meter}-${this.#random.integer(0, 0xffffff).toString(16)}`;
  }

  seqNo(index: number): number {
    return this.#temper.seqNo === "stuck" ? 0 : index;
  }

  idTag(): string {
    return this.#temper.clock === "none" ? "TAG1" : `TAG${this.#random.integer(1, 9_999)}`;
  }

  time(): string {
    return this.#temper.clock === "none" ? "1970-01-01T00:00:00Z" : new Date().toISOString();
  }
}
