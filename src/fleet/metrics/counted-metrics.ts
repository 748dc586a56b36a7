/**
 * From the fleet's counters to metrics. Must not know where the counters are kept.
 */
import { FAMILIES, type Family, type Letter, readSeries } from "./families.ts";
import type { HistogramSample, Labels, Metric, Sample } from "./metric.ts";

/** One for each family, in their order, though nothing was counted of it yet. */
export function countedMetrics(sums: Readonly<Record<string, number>>): Metric[] {
  const counters = new Map<Letter, Sample[]>();
  const histograms = new Map<Letter, Map<string, HistogramSample>>();
  for (const [series, value] of Object.entries(sums)) {
    const read = readSeries(series);
    if (read === null) continue;
    const { letter, values, part } = read;
    const family: Family = FAMILIES[letter];
    const labels: Labels = Object.fromEntries(family.labels.map((label, index) => [label, values[index] ?? ""]));
    if (part === null) {
      counters.set(letter, [...(counters.get(letter) ?? []), { labels, value }]);
      continue;
    }
    const all = histograms.get(letter) ?? new Map<string, HistogramSample>();
    histograms.set(letter, all);
    const none = { labels, buckets: Array.from({ length: (family.buckets?.length ?? 0) + 1 }, () => 0), sumSeconds: 0 };
    const sample = all.get(values.join("|")) ?? none;
    all.set(values.join("|"), sample);
    if (part === "sum") sample.sumSeconds = value / 1000;
    else sample.buckets[part] = value;
  }
  return (Object.keys(FAMILIES) as Letter[]).map((letter): Metric => {
    const { name, help, buckets }: Family = FAMILIES[letter];
    return buckets === undefined
      ? { name, help, type: "counter", samples: counters.get(letter) ?? [] }
      : { name, help, type: "histogram", bounds: buckets, samples: [...(histograms.get(letter)?.values() ?? [])] };
  });
}
