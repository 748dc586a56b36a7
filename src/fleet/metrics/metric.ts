/**
 * A figure of the fleet as whoever watches it gets it, whatever the format. Must not know where it comes from.
 */

/** Names of labels in the same order in every sample of a metric. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  labels: Labels;
  value: number;
}

export interface HistogramSample {
  labels: Labels;
  /** How many are in each bucket alone; the last is the one without a bound. */
  buckets: number[];
  sumSeconds: number;
}

export type Metric = { name: string; help: string } & (
  | { type: "counter" | "gauge"; samples: Sample[] }
  | { type: "histogram"; bounds: readonly number[]; samples: HistogramSample[] }
);

/** Values of the same labels added. */
export function gaugeOf(name: string, help: string, all: readonly Sample[]): Metric {
  const sums = new Map<string, Sample>();
  for (const { labels, value } of all) {
    const key = Object.values(labels).join("\n");
    sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value });
  }
  return { name, help, type: "gauge", samples: [...sums.values()] };
}
