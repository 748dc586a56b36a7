/**
 * What the Workers in front tell of those they turned away: sums, so that a flood is a few messages. Must not know the queue or D1.
 */
import type { PresentedCertificate } from "../security/presented-certificate.ts";
import { COUNTED, type Counted } from "./metrics/families.ts";
import { fields, listOf, nullable, number, optional, text } from "../shape.ts";

/** Connections that were turned away, of one identity and as one isolate saw them. */
export interface TurnedAway {
  stationId: string;
  /** ms since the epoch; as `lastAt` by the clock of the Worker that turned them away. */
  firstAt: number;
  lastAt: number;
  count: number;
  /** Of the last one; a newer release may know more than this. */
  reason: string;
}

/** One that nobody registered. Nothing of it is proven. */
export interface Newcomer extends TurnedAway {
  /** Who knocked, as far as one party can be told from another. */
  source: string;
  remoteAddress: string | null;
  /** As they were offered. */
  protocols: string[];
  transport: string;
  certificate: PresentedCertificate | null;
}

/** An identity is in one of the lists at most, and once. */
export interface DoorReport {
  newcomers: Newcomer[];
  /** Of registered stations. */
  refusals: TurnedAway[];
  /** Refusals by reason, of whomever; absent: there were none since the last. */
  counts?: Counted;
}

const TURNED_AWAY = { stationId: text, firstAt: number, lastAt: number, count: number, reason: text };
const DOOR_REPORT = fields({
  newcomers: listOf(
    fields({
      ...TURNED_AWAY,
      source: text,
      remoteAddress: nullable(text),
      protocols: listOf(text),
      transport: text,
      certificate: nullable(fields({ subject: text, fingerprint: nullable(text), verdict: text })),
    }),
  ),
  refusals: listOf(fields(TURNED_AWAY)),
  counts: optional(COUNTED),
});

export const isDoorReport = (body: unknown): body is DoorReport => DOOR_REPORT(body) === null;
