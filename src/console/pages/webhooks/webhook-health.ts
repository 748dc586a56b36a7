/**
 * What is known of a webhook's deliveries, as few numbers: how many, how many failed, how long they took. Must not know who shows them.
 */
import type { Deliveries, StuckStation } from "../../../client/kerbside.ts";
import type { Tone } from "../../parts/badge.tsx";

export interface Bucket {
  /** Upper bound in seconds; `Infinity`: the last. */
  upTo: number;
  deliveries: number;
}

/** Each without those before it, in order. */
export function bucketsOf({ withinSeconds }: Deliveries): Bucket[] {
  const sums = Object.entries(withinSeconds)
    .map(([bound, deliveries]) => ({ upTo: bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound), deliveries }))
    .sort((a, b) => a.upTo - b.upTo);
  return sums.map(({ upTo, deliveries }, place) => ({
    upTo,
    deliveries: Math.max(0, deliveries - (sums[place - 1]?.deliveries ?? 0)),
  }));
}

/** Seconds within which that share of all deliveries was over, by the bucket it is in; `null`: there was none. */
export function quantileOf(buckets: readonly Bucket[], share: number): number | null {
  const all = buckets.reduce((sum, { deliveries }) => sum + deliveries, 0);
  if (all === 0) return null;
  let before = 0;
  let from = 0;
  for (const { upTo, deliveries } of buckets) {
    if (before + deliveries >= all * share) {
      if (!Number.isFinite(upTo)) return upTo;
      const within = deliveries === 0 ? 1 : (all * share - before) / deliveries;
      return from + (upTo - from) * within;
    }
    before += deliveries;
    if (Number.isFinite(upTo)) from = upTo;
  }
  return Number.POSITIVE_INFINITY;
}

export const secondsText = (seconds: number | null, buckets: readonly Bucket[]): string => {
  if (seconds === null) return "–";
  if (!Number.isFinite(seconds)) {
    const last = buckets.findLast(({ upTo }) => Number.isFinite(upTo));
    return `over ${secondsText(last?.upTo ?? 0, [])}`;
  }
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${Math.round(seconds * 10) / 10} s`;
};

/** Without the empty ones behind the slowest delivery. */
export const shownBuckets = (buckets: readonly Bucket[]): Bucket[] =>
  buckets.slice(0, buckets.findLastIndex(({ deliveries }) => deliveries > 0) + 1);

/** "3 %", and of what is there never none. */
export const shareText = (share: number): string =>
  share > 0 && share < 0.01 ? "under 1 %" : `${Math.round(share * 100)} %`;

export interface Outcomes {
  delivered: number;
  failed: number;
  /** Of all attempts, 0 to 1; `null`: there was none. */
  failedShare: number | null;
}

export function outcomesOf({ outcomes }: Deliveries): Outcomes {
  const delivered = outcomes.delivered ?? 0;
  const all = Object.values(outcomes).reduce((sum, each) => sum + each, 0);
  return { delivered, failed: all - delivered, failedShare: all === 0 ? null : (all - delivered) / all };
}

/** How it stands, by what is stuck now; what failed before and went through since is no trouble. */
export function healthOf(stuck: readonly StuckStation[], deliveries: Deliveries): { tone: Tone; words: string } {
  const failing = stuck.some(({ failures }) => (failures ?? 0) > 0);
  if (failing) return { tone: "bad", words: "failing" };
  if (stuck.length > 0) return { tone: "warn", words: "behind" };
  if (outcomesOf(deliveries).failedShare === null) return { tone: "plain", words: "nothing sent yet" };
  return { tone: "good", words: "delivering" };
}
