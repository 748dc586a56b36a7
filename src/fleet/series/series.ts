/**
 * From samples to series on one axis of time: figures as they stood, and what was counted in each step. Must not know where samples
 * are kept, nor who asks.
 */
import { SERIES_NAMES, type Series, type SeriesName, type SeriesPage } from "./series-page.ts";
import { COUNTED_MAX, type Sample } from "./sample.ts";

export interface TakenSample {
  /** ms since the epoch; the beginning of its step. */
  at: number;
  sample: Sample;
}

/** ms since the epoch, both the beginning of a step; `to` is the last. */
export interface Span {
  from: number;
  to: number;
  stepMs: number;
}

/** @param taken in their order, that of the step before the first among them */
export function seriesOver({ from, to, stepMs }: Span, taken: readonly TakenSample[]): SeriesPage {
  const length = Math.floor((to - from) / stepMs) + 1;
  const all = new Map<string, Series>();
  const put = (index: number, name: SeriesName, labels: Record<string, string>, value: number | null) => {
    const key = JSON.stringify([name, labels]);
    const series = all.get(key) ?? { name, labels, values: Array.from({ length }, () => null) };
    all.set(key, series);
    series.values[index] = value;
  };
  let before: Sample | null = null;
  for (const { at, sample } of taken) {
    const index = Math.round((at - from) / stepMs);
    if (index >= 0 && index < length) {
      putStanding(sample, at, (...of) => put(index, ...of));
      if (before !== null) putCounted(before, sample, (...of) => put(index, ...of));
    }
    before = sample;
  }
  fillZeros(all.values(), taken, { from, stepMs, length });
  const series = [...all.values()].sort((a, b) => SERIES_NAMES.indexOf(a.name) - SERIES_NAMES.indexOf(b.name));
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), stepSeconds: stepMs / 1000, series };
}

type Put = (name: SeriesName, labels: Record<string, string>, value: number | null) => void;

function putStanding(sample: Sample, at: number, put: Put): void {
  for (const [key, stations] of Object.entries(sample.online)) {
    const [protocol = "", securityProfile = ""] = key.split("|");
    put("online", { protocol, securityProfile }, stations);
  }
  put("offline", {}, sample.offline);
  put("undeliveredStations", {}, sample.undelivered);
  put("undeliveredEvents", {}, sample.events);
  put("oldestUndeliveredSeconds", {}, sample.since === null ? 0 : Math.max(0, Math.round((at - sample.since) / 1000)));
  put("deadLetters", {}, sample.deadLetters ?? 0);
}

function putCounted(before: Sample, { counted }: Sample, put: Put): void {
  // What had no room there may have been counted long before.
  const isWhole = Object.keys(before.counted).length < COUNTED_MAX;
  const deliveries = new Map<string, number>();
  const took: [webhook: string, ms: number][] = [];
  for (const [key, sum] of Object.entries(counted)) {
    const known = before.counted[key] ?? (isWhole ? 0 : sum);
    // Less than before: the directory was set back.
    const value = Math.max(0, sum - known);
    const [letter = "", ...values] = key.split("|");
    const [first = "", second = ""] = values;
    switch (letter) {
      case "o":
        put("connects", { securityProfile: first }, value);
        break;
      case "d":
        put("disconnects", { reason: first, securityProfile: second }, value);
        break;
      case "r":
        put("refusals", { reason: first, securityProfile: second }, value);
        break;
      case "c":
        put("commands", { state: first, securityProfile: second }, value);
        break;
      case "w":
        put("deliveries", { webhook: first, outcome: second }, value);
        deliveries.set(first, (deliveries.get(first) ?? 0) + value);
        break;
      case "x":
        took.push([first, value]);
    }
  }
  for (const [webhook, ms] of took) {
    const tried = deliveries.get(webhook) ?? 0;
    if (tried > 0) put("deliverySeconds", { webhook }, ms / 1000 / tried);
  }
}

/** Where a sample was taken and a series is not in it, there was none of it. A time that nothing took is none. */
function fillZeros(
  all: Iterable<Series>,
  taken: readonly TakenSample[],
  { from, stepMs, length }: { from: number; stepMs: number; length: number },
): void {
  for (const { name, values } of all) {
    if (name === "deliverySeconds") continue;
    for (let place = 0; place < taken.length; place++) {
      const index = Math.round(((taken[place] as TakenSample).at - from) / stepMs);
      const isFirst = place === 0 && COUNTED_NAMES.includes(name);
      if (index >= 0 && index < length && !isFirst) values[index] ??= 0;
    }
  }
}

const COUNTED_NAMES: readonly SeriesName[] = ["connects", "disconnects", "refusals", "commands", "deliveries"];
