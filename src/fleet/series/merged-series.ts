/**
 * One page of series out of those of several directories, each of which has a part of the fleet. Must not know where they are kept.
 */
import type { Series, SeriesPage } from "./series-page.ts";

/** All of the same step: one that was asked a moment later may begin, and end, a step later. */
export function mergeSeries(pages: readonly SeriesPage[]): SeriesPage {
  const [first] = pages as [SeriesPage, ...SeriesPage[]];
  const { stepSeconds } = first;
  const stepMs = stepSeconds * 1000;
  const from = Math.min(...pages.map((page) => Date.parse(page.from)));
  const to = Math.max(...pages.map((page) => Date.parse(page.to)));
  const length = Math.floor((to - from) / stepMs) + 1;
  const all = new Map<string, Series & { weights: number[] }>();
  for (const page of pages) {
    const offset = Math.round((Date.parse(page.from) - from) / stepMs);
    for (const { name, labels, values } of page.series) {
      const key = JSON.stringify([name, labels]);
      const known = all.get(key) ?? {
        ...{ name, labels, values: Array.from({ length }, () => null) },
        weights: Array.from({ length }, () => 0),
      };
      all.set(key, known);
      values.forEach((value, place) => {
        if (value === null) return;
        const index = place + offset;
        const weight = name === "deliverySeconds" ? deliveriesOf(page, labels.webhook, place) : 1;
        const before = known.values[index] ?? null;
        known.values[index] = before === null ? value : together(known, index, before, value, weight);
        known.weights[index] = (known.weights[index] ?? 0) + weight;
      });
    }
  }
  const series = Array.from(all.values(), ({ name, labels, values }) => ({ name, labels, values }));
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), stepSeconds, series };
}

function together(
  { name, weights }: { name: Series["name"]; weights: readonly number[] },
  index: number,
  before: number,
  value: number,
  weight: number,
): number {
  if (name === "oldestUndeliveredSeconds") return Math.max(before, value);
  if (name !== "deliverySeconds") return before + value;
  const known = weights[index] ?? 0;
  return (before * known + value * weight) / Math.max(known + weight, 1);
}

const deliveriesOf = ({ series }: SeriesPage, webhook: string | undefined, place: number): number =>
  series
    .filter(({ name, labels }) => name === "deliveries" && labels.webhook === webhook)
    .reduce((sum, { values }) => sum + (values[place] ?? 0), 0);
