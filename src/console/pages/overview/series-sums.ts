/**
 * Series added up, and counted in fewer steps than they came in. Must not know what they count, nor how they are drawn.
 */
import type { Series, SeriesPage } from "../../../client/fleet/series.ts";

export type Values = readonly (number | null)[];

export interface Steps {
  /** s since the epoch, each the beginning of a step. */
  times: readonly number[];
  /** s */
  stepSeconds: number;
}

export const stepsOf = ({ from, to, stepSeconds }: SeriesPage): Steps => {
  const begin = Date.parse(from) / 1000;
  const length = Math.max(0, Math.floor((Date.parse(to) / 1000 - begin) / stepSeconds) + 1);
  return { times: Array.from({ length }, (_, index) => begin + index * stepSeconds), stepSeconds };
};

/** Where a sample was taken and no series has it, there was none. */
export function sumOf(series: readonly Series[], page: SeriesPage): Values {
  const { times } = stepsOf(page);
  const taken = page.series.find(({ name }) => name === "offline");
  return times.map((_, index) => {
    const values = series.map(({ values: each }) => each[index] ?? null).filter((value) => value !== null);
    if (values.length === 0) return taken?.values[index] == null ? null : 0;
    return values.reduce((sum, value) => sum + value, 0);
  });
}

export const added = (all: readonly Values[]): Values =>
  (all[0] ?? []).map((_, index) => {
    const values = all.map((each) => each[index] ?? null).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
  });

/** Steps of one bar, in s: as many bars as can be told apart, at times that people reckon by. */
const BAR_SECONDS = [60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];
const BARS_MAX = 60;

/** How many steps one bar has. */
export function stepsABar({ times, stepSeconds }: Steps): number {
  const span = times.length * stepSeconds;
  const wanted = BAR_SECONDS.find((seconds) => seconds >= stepSeconds && span / seconds <= BARS_MAX + 1) ?? span;
  return Math.max(1, Math.round(wanted / stepSeconds));
}

/** Bars begin at whole times: the first may have fewer steps. */
export function barTimes({ times, stepSeconds }: Steps): number[] {
  const seconds = stepsABar({ times, stepSeconds }) * stepSeconds;
  return [...new Set(times.map((time) => time - (time % seconds)))];
}

export function barsOf(values: Values, steps: Steps): Values {
  const seconds = stepsABar(steps) * steps.stepSeconds;
  const bars = new Map<number, number | null>();
  for (const [index, time] of steps.times.entries()) {
    const bar = time - (time % seconds);
    const value = values[index] ?? null;
    const before = bars.get(bar) ?? null;
    bars.set(bar, value === null ? before : (before ?? 0) + value);
  }
  return [...bars.values()];
}

export const lastOf = (values: Values): number => values.findLast((value) => value !== null) ?? 0;
export const totalOf = (values: Values): number => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
