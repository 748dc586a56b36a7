/**
 * How fast memory grows with connections, and what may be said of it. Must not know what was measured, nor how.
 * Why it is done so: docs/decisions/0020-what-is-called-a-leak.md.
 */

export interface Sample {
  /** Connections so far. */
  x: number;
  /** KB. */
  y: number;
}

/** KB per 1,000 connections. */
export interface Slope {
  perThousand: number;
  /** The 95 % confidence interval. */
  low: number;
  high: number;
  /** Of how many samples, the warm-up thrown away. */
  samples: number;
  /** The growth from each sixth of them to the next, KB per 1,000 connections. */
  steps: number[];
  /** Of the later half of them alone. */
  latePerThousand: number;
}

export type Verdict = "flat" | "growing" | "undecided";

export interface Judgement {
  verdict: Verdict;
  /** `flat`, `growing 1,024 KB per 1,000 connections`, `undecided: …`. */
  text: string;
  slope: Slope;
}

/** 0.3 MB. */
export const LIMIT_KB_PER_THOUSAND = 300;
/** The share of the samples that is thrown away: caches fill, code is compiled, arenas find their size. */
export const WARM_UP_SHARE = 0.5;
/** With fewer the interval means nothing. */
export const SAMPLES_MIN = 12;
const BLOCKS = 6;
/** Of the steps between the blocks. */
const GROWING_STEPS_MIN = 4;
const NORMAL_95 = 1.96;
/** Above it a short series is no longer told apart from a random walk. */
const CORRELATION_MAX = 0.95;

export function slopeOf(samples: readonly Sample[], warmUpShare = WARM_UP_SHARE): Slope {
  const kept = samples.slice(Math.floor(samples.length * warmUpShare));
  const slopes = pairSlopes(kept);
  const perThousand = median(slopes);
  // Where even all of them are too few, the wildest pair bounds it.
  const rank = Math.min(slopes.length, intervalRank(kept, perThousand));
  return {
    perThousand,
    low: slopes[Math.floor((slopes.length - rank) / 2)] ?? Number.NEGATIVE_INFINITY,
    high: slopes[Math.ceil((slopes.length + rank) / 2) - 1] ?? Number.POSITIVE_INFINITY,
    samples: kept.length,
    steps: stepsOf(kept),
    latePerThousand: median(pairSlopes(kept.slice(Math.floor(kept.length / 2)))),
  };
}

/** @param limit KB per 1,000 connections, above which memory counts as growing */
export function verdictOf(
  samples: readonly Sample[],
  limit: number = LIMIT_KB_PER_THOUSAND,
  warmUpShare: number = WARM_UP_SHARE,
): Judgement {
  const slope = slopeOf(samples, warmUpShare);
  const undecided = (why: string): Judgement => ({ verdict: "undecided", text: `undecided: ${why}`, slope });
  if (slope.samples < SAMPLES_MIN) return undecided(`${slope.samples} samples after warm-up, not ${SAMPLES_MIN}`);
  if (slope.high < limit) return { verdict: "flat", text: "flat", slope };
  if (slope.low <= limit) return undecided("the interval holds the limit");
  const grown = slope.steps.filter((step) => step > limit / 2).length;
  if (grown < GROWING_STEPS_MIN) return undecided(`it grew in ${grown} of ${slope.steps.length} parts of the run`);
  if (slope.latePerThousand < slope.perThousand / 2) return undecided("the growth is fading");
  const text = `growing ${Math.round(slope.perThousand).toLocaleString("en")} KB per 1,000 connections`;
  return { verdict: "growing", text, slope };
}

/** Whether two slopes may be one. */
export function areEqual(one: Slope, other: Slope): boolean {
  return one.low <= other.high && other.low <= one.high;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const above = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? above : ((sorted[half - 1] ?? Number.NaN) + above) / 2;
}

/** Theil and Sen: the median of the slopes of all pairs, which a third of wild samples cannot move. Sorted. */
function pairSlopes(samples: readonly Sample[]): number[] {
  const slopes: number[] = [];
  for (const [index, from] of samples.entries()) {
    for (const to of samples.slice(index + 1)) {
      if (to.x > from.x) slopes.push((1_000 * (to.y - from.y)) / (to.x - from.x));
    }
  }
  return slopes.sort((a, b) => a - b);
}

/**
 * How many of the sorted pair slopes the interval holds: Sen's, of Kendall's tau, distribution-free. Hamed and Rao widen
 * it by the correlation of neighbours, without which memory, that remembers, would give intervals many times too narrow.
 */
function intervalRank(samples: readonly Sample[], perThousand: number): number {
  const n = samples.length;
  const levels = samples.map(({ x, y }) => y - (perThousand * x) / 1_000);
  const level = median(levels);
  let [square, product, before] = [0, 0, 0];
  for (const each of levels) {
    const residual = each - level;
    square += residual * residual;
    product += residual * before;
    before = residual;
  }
  const seen = square > 0 ? product / square : 0;
  // A short series shows less of its correlation than there is.
  const correlation = Math.min(CORRELATION_MAX, Math.max(0, seen + (1 + 4 * seen) / n));
  const widening = (1 + correlation) / (1 - correlation);
  return NORMAL_95 * Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * widening);
}

function stepsOf(samples: readonly Sample[]): number[] {
  const blocks = Array.from({ length: BLOCKS }, (_, block) => {
    const part = samples.slice((block * samples.length) / BLOCKS, ((block + 1) * samples.length) / BLOCKS);
    return { x: median(part.map(({ x }) => x)), y: median(part.map(({ y }) => y)) };
  });
  return blocks.slice(1).map((to, index) => {
    const from = blocks[index] as Sample;
    return (1_000 * (to.y - from.y)) / (to.x - from.x);
  });
}
