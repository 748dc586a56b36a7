/**
 * What is counted in the fleet, and what a series is called on its way: a letter and the values of its labels. Must not know who
 * counts, nor where the sums are kept.
 */
import { fields, number, recordOf, text } from "../../shape.ts";

export interface Family {
  name: string;
  help: string;
  labels: readonly string[];
  /** Upper bounds in seconds, each with all that is below it; the last bucket is without one. Absent: a counter. */
  buckets?: readonly number[];
}

/** A command waits 120 s at most; a delivery 15 s. */
const COMMAND_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const DELIVERY_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

/** By the letter that stands for it. Never given to another: sums under it are kept. */
export const FAMILIES = {
  f: {
    name: "kerbside_frames_total",
    help: "Frames from (in) and to (out) Charging Stations.",
    labels: ["direction", "protocol", "security_profile"],
  },
  e: {
    name: "kerbside_call_errors_total",
    help: "CALLERRORs from (in) and to (out) Charging Stations.",
    labels: ["direction", "code", "security_profile"],
  },
  o: {
    name: "kerbside_connects_total",
    help: "Connections that were taken.",
    labels: ["protocol", "security_profile"],
  },
  d: {
    name: "kerbside_disconnects_total",
    help: "Connections that ended.",
    labels: ["reason", "protocol", "security_profile"],
  },
  r: {
    name: "kerbside_refusals_total",
    help: "Connections that were refused, by the profile that the transport stands for.",
    labels: ["reason", "security_profile"],
  },
  c: {
    name: "kerbside_commands_total",
    help: "Commands that ended; a late answer ends one once more.",
    labels: ["action", "state", "security_profile"],
  },
  l: {
    name: "kerbside_command_seconds",
    help: "Time from sending a command to the station's answer.",
    labels: ["security_profile"],
    buckets: COMMAND_BUCKETS,
  },
  w: {
    name: "kerbside_deliveries_total",
    help: "Deliveries of events that were tried.",
    labels: ["webhook", "outcome", "security_profile"],
  },
  x: {
    name: "kerbside_delivery_seconds",
    help: "Time until a webhook has answered, or was given up.",
    labels: ["webhook", "security_profile"],
    buckets: DELIVERY_BUCKETS,
  },
  k: {
    name: "kerbside_certificate_events_total",
    help: "What happened to Charging Stations' certificates, by the kind of its ocpp.security event, each counted.",
    labels: ["event", "security_profile"],
  },
  n: {
    name: "kerbside_counts_dropped_total",
    help: "Counts beyond the series that one object or isolate holds.",
    labels: [],
  },
} as const satisfies Record<string, Family>;

export type Letter = keyof typeof FAMILIES;

/** What was counted since the last time it was told: `sums` by series. */
export interface Counted {
  /** Of this telling: one that comes twice is counted once. */
  id: string;
  sums: Record<string, number>;
}

export const COUNTED = fields({ id: text, sums: recordOf(number) });

/** A telling of its own, of what had nothing to ride with. */
export interface CountsMessage {
  counts: Counted;
}

const COUNTS_MESSAGE = fields({ counts: COUNTED });
export const isCountsMessage = (body: unknown): body is CountsMessage => COUNTS_MESSAGE(body) === null;

/** Bytes of what one who counts holds at once: it rides with a socket, whose 16,384 bytes are for others (test/station/sizes.test.ts). */
export const HELD_MAX_BYTES = 1_500;
/** Of a series beside its name: the number, and what says which is how long. */
const SERIES_BYTES = 11;
/** Characters of a label's value. */
const VALUE_MAX_LENGTH = 64;
/** What would end a value, or a line of the exposition. */
const UNFIT = /[|"\\\n]/g;
/** Of a histogram's series the one that holds the sum, in ms. */
const SUM = "s";

export const seriesOf = (letter: Letter, ...values: readonly string[]): string =>
  [letter, ...values.map((value) => value.slice(0, VALUE_MAX_LENGTH).replace(UNFIT, "_"))].join("|");

/** Adds to one of what a sender holds; what there is no room for is counted as dropped. */
export function addTo(sums: Record<string, number>, series: string, count = 1, maxBytes = HELD_MAX_BYTES): void {
  const known = sums[series];
  if (known !== undefined) sums[series] = known + count;
  else if (series === DROPPED || bytesOf(sums) + bytesOfSeries(series) <= maxBytes) sums[series] = count;
  else addTo(sums, DROPPED, count);
}

const DROPPED = "n";
const bytesOfSeries = (series: string): number => series.length + SERIES_BYTES;
const bytesOf = (sums: Record<string, number>): number =>
  Object.keys(sums).reduce((sum, series) => sum + bytesOfSeries(series), 0);

/** @param values of the histogram's labels */
export function observe(sums: Record<string, number>, letter: "l" | "x", ms: number, ...values: string[]): void {
  const { buckets } = FAMILIES[letter];
  const index = buckets.findIndex((bound) => ms <= bound * 1000);
  addTo(sums, seriesOf(letter, ...values, String(index === -1 ? buckets.length : index)));
  addTo(sums, seriesOf(letter, ...values, SUM), Math.max(0, Math.round(ms)));
}

export interface Series {
  letter: Letter;
  /** In the order of the family's labels. */
  values: readonly string[];
  /** Of a histogram: which bucket, or the sum. */
  part: number | "sum" | null;
}

/** `null`: it is none of this release's. */
export function readSeries(series: string): Series | null {
  const [letter = "", ...values] = series.split("|");
  const family: Family | undefined = Object.hasOwn(FAMILIES, letter) ? FAMILIES[letter as Letter] : undefined;
  if (family === undefined || values.some((value) => value.length > VALUE_MAX_LENGTH || /["\\\n]/.test(value)))
    return null;
  const known = { letter: letter as Letter };
  if (family.buckets === undefined)
    return values.length === family.labels.length ? { ...known, values, part: null } : null;
  const part = values.pop();
  if (part === undefined || values.length !== family.labels.length) return null;
  if (part === SUM) return { ...known, values, part: "sum" };
  return /^\d{1,2}$/.test(part) && Number(part) <= family.buckets.length
    ? { ...known, values, part: Number(part) }
    : null;
}
