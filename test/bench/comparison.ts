/**
 * From samples in interleaved blocks to values, ratios and verdicts. Must not know servers, nor how samples are taken.
 */
import type { Kind, Storage } from "./arm.ts";
import { type Spread, spread } from "./figures.ts";
import { type Measure, MEASURES, type MeasureName, measureOf } from "./measures.ts";

/** The samples of one measure on one arm; block n of every arm was taken in the same round. */
export interface Series {
  measure: MeasureName;
  kind: Kind;
  storage: Storage;
  blocks: number[][];
}

export interface Verdict {
  measure: MeasureName;
  storage: Storage;
  ratio: Spread;
  /** The same against the floor that keeps a row an upgrade and a CALL, which is not judged; `null`: that arm did not run. */
  ratioToRow: Spread | null;
  bound: number;
  passed: boolean;
}

export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN;
}

function statistic({ statistic: name }: Measure, samples: readonly number[]): number {
  return name === "p99" ? percentile(samples, 0.99) : spread(samples).median;
}

/** The statistic of all samples, between the quartiles of that of the blocks. */
export function figureOf({ measure, blocks }: Series): Spread {
  const { low, high } = spread(blocks.map((samples) => statistic(measureOf(measure), samples)));
  return { median: statistic(measureOf(measure), blocks.flat()), low, high };
}

/**
 * The median of the ratios of blocks that were taken together, so that what slows the machine slows both. A p99 needs
 * more samples than a block has: there it is the ratio of all, and only the quartiles are of blocks.
 */
export function ratioOf(series: Series, base: Series): Spread {
  const measure = measureOf(series.measure);
  const pairs = series.blocks.slice(0, base.blocks.length);
  const ratios = pairs.map((samples, at) => statistic(measure, samples) / statistic(measure, base.blocks[at] ?? []));
  const found = spread(ratios);
  if (measure.statistic === "median") return found;
  return { ...found, median: statistic(measure, series.blocks.flat()) / statistic(measure, base.blocks.flat()) };
}

/** The series that another is held against, on the same storage where there is one. */
export function baseOf(all: readonly Series[], { measure, storage }: Series, kind: Kind): Series | undefined {
  const candidates = all.filter((each) => each.measure === measure && each.kind === kind);
  return candidates.find((each) => each.storage === storage) ?? candidates[0];
}

/** Kerbside against the floor, for each measure with a bound and each storage it was taken on. */
export function verdicts(all: readonly Series[]): Verdict[] {
  const found: Verdict[] = [];
  for (const measure of Object.keys(MEASURES) as MeasureName[]) {
    const { bound, better, floor } = measureOf(measure);
    if (bound === undefined) continue;
    for (const series of all.filter((each) => each.measure === measure && each.kind === "kerbside")) {
      const base = baseOf(all, series, floor);
      if (base === undefined) continue;
      const ratio = ratioOf(series, base);
      const passed = better === "lower" ? ratio.median <= bound : ratio.median >= bound;
      const withRow = baseOf(all, series, "floor-row");
      const ratioToRow = withRow === undefined ? null : ratioOf(series, withRow);
      found.push({ measure, storage: series.storage, ratio, ratioToRow, bound, passed });
    }
  }
  return found;
}
