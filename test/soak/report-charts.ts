/**
 * The charts of a soak: for each kind of process, what all arms hold over their connections. Must not know the verdicts.
 */
import { lineChart } from "../support/chart.ts";
import { COHORTS } from "./arm.ts";
import type { Report } from "./report.ts";
import type { ProcessSample } from "./run.ts";

interface Measure {
  title: string;
  /** KB; `null`: it could not be asked. */
  of(sample: ProcessSample): number | null;
}

const MEMORY: Measure = { title: "Private memory", of: ({ privateDirtyKb }) => privateDirtyKb };
const HEAP: Measure = {
  title: "Heap, and what it holds,",
  of: ({ heapUsedKb, externalKb }) => (heapUsedKb === null ? null : heapUsedKb + (externalKb ?? 0)),
};

/** SVG, by a name for its file: that of the process, and with `heap` behind it. */
export function chartsOf(report: Report): Map<string, string> {
  const names = new Set(report.arms.flatMap(({ processes }) => processes.map(({ name }) => name)));
  const charts = new Map<string, string>();
  for (const name of names) {
    charts.set(name, chartOf(report, name, MEMORY));
    const isAsked = report.arms.some(({ processes }) =>
      processes.some((each) => each.name === name && each.samples.some((sample) => HEAP.of(sample) !== null)),
    );
    if (isAsked) charts.set(`${name}-heap`, chartOf(report, name, HEAP));
  }
  return charts;
}

function chartOf({ arms, run, settings, seed }: Report, name: string, measure: Measure): string {
  const series = arms.map((arm) => {
    const all = arm.processes.find((each) => each.name === name)?.samples ?? [];
    const samples = all.flatMap((sample) => {
      const kb = measure.of(sample);
      return kb === null ? [] : [{ connections: sample.connections, kb }];
    });
    // The warm-up, which counts for nothing, lies left of where the lines meet at 0.
    const start = samples[Math.floor(samples.length / 2)]?.kb ?? 0;
    const points = samples.map(({ connections, kb }) => [connections, (kb - start) / 1_024] as const);
    const colour = COHORTS.indexOf(arm.cohort) + (arm.kind === "floor" ? COHORTS.length : 0);
    return { name: arm.name, points, isDashed: arm.names === "fresh", colour };
  });
  const rounds = `${run.rounds} rounds of ${settings.connectionsPerRound} connections an arm`;
  return lineChart({
    title: `${measure.title} of ${name} under churn`,
    subtitle: `${rounds}, state on ${run.storage}, seed ${seed}; 0 is where the warm-up ends`,
    xLabel: "connections",
    yLabel: "MB",
    series,
  });
}
