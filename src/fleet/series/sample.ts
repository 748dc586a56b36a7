/**
 * How the fleet stands at one moment, as the series keeps it: who is connected, what waits, and what was counted until then. Must not
 * know when samples are taken, nor where they are kept.
 */
import type { FleetBacklog } from "../backlog.ts";
import type { FleetCount } from "../fleet-sums.ts";
import { type Letter, readSeries, seriesOf } from "../metrics/families.ts";
import { fields, nullable, number, optional, recordOf } from "../../shape.ts";

export interface Sample {
  /** Connected stations by protocol and the connection's profile: `ocpp1.6|3`. */
  online: Record<string, number>;
  offline: number;
  /** Stations, as the next: those some webhook of which does not take its events. */
  undelivered: number;
  /** Events of theirs that wait. */
  events: number;
  /** ms since the epoch of the oldest of them. */
  since: number | null;
  deadLetters: number;
  /** From the beginning of time until then, by series (`families.ts`), with fewer labels. */
  counted: Record<string, number>;
}

/** Of what another release wrote, too. */
const SAMPLE = fields({
  online: recordOf(number),
  offline: number,
  undelivered: number,
  events: number,
  since: nullable(number),
  deadLetters: optional(number),
  counted: recordOf(number),
});
export const isSample = (value: unknown): value is Sample => SAMPLE(value) === null;

/** Of what the fleet counts (families.ts) the labels that a sample has. */
const KEPT: Partial<Record<Letter, readonly number[]>> = {
  // Connects and disconnects, refusals, commands: by what ended them, and the profile.
  o: [1],
  d: [0, 2],
  r: [0, 1],
  c: [1, 2],
  // Deliveries by webhook and outcome, and how long they took in all.
  w: [0, 1],
  x: [0],
};
/** Series of one sample: a kilobyte or two mostly, 20 KB at most. Webhooks that are long gone are the first that have no room. */
export const COUNTED_MAX = 300;

export function sampleOf(
  counts: readonly FleetCount[],
  backlog: FleetBacklog,
  counters: Readonly<Record<string, number>>,
): Sample {
  const sample: Sample = { ...{ online: {}, offline: 0, undelivered: 0, ...backlog, deadLetters: 0 }, counted: {} };
  for (const { online, protocol, securityProfile, stations, undelivered, deadLetters } of counts) {
    sample.undelivered += undelivered;
    sample.deadLetters += deadLetters;
    if (!online) sample.offline += stations;
    else {
      const key = `${protocol}|${securityProfile}`;
      sample.online[key] = (sample.online[key] ?? 0) + stations;
    }
  }
  return { ...sample, counted: countedOf(counters) };
}

function countedOf(counters: Readonly<Record<string, number>>): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [name, value] of Object.entries(counters)) {
    const read = readSeries(name);
    const kept = read === null ? undefined : KEPT[read.letter];
    if (read === null || kept === undefined || (read.part !== null && read.part !== "sum")) continue;
    const key = seriesOf(read.letter, ...kept.map((index) => read.values[index] ?? ""));
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  const letters = Object.keys(KEPT);
  const placeOf = ([name]: [string, number]) => letters.indexOf(name[0] ?? "");
  return Object.fromEntries(
    [...sums].sort((a, b) => placeOf(a) - placeOf(b) || (a[0] < b[0] ? -1 : 1)).slice(0, COUNTED_MAX),
  );
}
