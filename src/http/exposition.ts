/**
 * Metrics in Prometheus' text format. Must not know what they say.
 */
import type { Labels, Metric } from "../fleet/metrics/metric.ts";
import { cumulative } from "../fleet/metrics/points.ts";

export const EXPOSITION_TYPE = "text/plain; version=0.0.4";

export const exposition = (metrics: readonly Metric[]): string => `${metrics.flatMap(linesOf).join("\n")}\n`;

function linesOf(metric: Metric): string[] {
  const { name, help, type } = metric;
  const head = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  if (metric.type !== "histogram")
    return [...head, ...metric.samples.map(({ labels, value }) => line(name, labels, value))];
  return [
    ...head,
    ...metric.samples.flatMap(({ labels, buckets, sumSeconds }) => {
      const reached = cumulative(buckets);
      const bound = (index: number) => String(metric.bounds[index] ?? "+Inf");
      return [
        ...reached.map((count, index) => line(`${name}_bucket`, { ...labels, le: bound(index) }, count)),
        line(`${name}_sum`, labels, sumSeconds),
        line(`${name}_count`, labels, reached.at(-1) ?? 0),
      ];
    }),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join()}}`} ${value}`;
}

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll(/\r?\n/g, "\\n");
