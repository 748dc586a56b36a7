/**
 * The charts of a soak: for each kind of process, the memory of all arms over their connections. Must not know the verdicts.
 */
import { lineChart } from "../support/chart.ts";
import { COHORTS } from "./arm.ts";
import type { Report } from "./report.ts";

/** SVG, by the name of the process. */
export function chartsOf({ arms, run, settings, seed }: Report): Map<string, string> {
  const names = new Set(arms.flatMap(({ processes }) => processes.map(({ name }) => name)));
  const charts = new Map<string, string>();
  for (const name of names) {
    const series = arms.flatMap((arm) => {
      const samples = arm.processes.find((each) => each.name === name)?.samples ?? [];
      // The warm-up, which counts for nothing, lies left of where the lines meet at 0.
      const start = samples[Math.floor(samples.length / 2)]?.privateDirtyKb ?? 0;
      const points = samples.map(
        ({ connections, privateDirtyKb }) => [connections, (privateDirtyKb - start) / 1_024] as const,
      );
      const colour = COHORTS.indexOf(arm.cohort) + (arm.kind === "floor" ? COHORTS.length : 0);
      return [{ name: arm.name, points, isDashed: arm.names === "fresh", colour }];
    });
    const rounds = `${run.rounds} rounds of ${settings.connectionsPerRound} connections an arm, state on ${run.storage}, seed ${seed}`;
    charts.set(
      name,
      lineChart({
        title: `Private memory of ${name} under churn`,
        subtitle: `${rounds}; 0 is where the warm-up ends`,
        xLabel: "connections",
        yLabel: "MB",
        series,
      }),
    );
  }
  return charts;
}
