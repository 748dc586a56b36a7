/**
 * What a soak came to: a verdict for each arm and process, cohorts compared, all of it for machines and for people. Must
 * not know how it was measured.
 */
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../../src/local/state/local-folder.ts";
import type { SoakOptions } from "./arguments.ts";
import { type Comparison, compare } from "./comparison.ts";
import { judge, type ProcessJudgement } from "./judgement.ts";
import type { ArmRun, SoakRun, WatchedSeries } from "./run.ts";
import type { Slope } from "./slope.ts";

export interface JudgedProcess extends WatchedSeries {
  judgement: ProcessJudgement;
}

export interface JudgedArm extends Omit<ArmRun, "processes"> {
  processes: JudgedProcess[];
}

export interface Report {
  seed: number;
  settings: SoakOptions;
  versions: Record<string, string>;
  machine: { processor: string; cores: number; memoryMb: number; kernel: string };
  run: Omit<SoakRun, "arms">;
  arms: JudgedArm[];
  comparisons: Comparison[];
}

const PACKAGES = ["miniflare", "workerd", "wrangler", "ws"];

export function reportOf(settings: SoakOptions, { arms, ...run }: SoakRun): Report {
  const judged = arms.map((arm) => ({
    ...arm,
    processes: arm.processes.map((each) => ({ ...each, judgement: judge(arm, each.samples, settings) })),
  }));
  const [processor] = cpus();
  return {
    ...{ seed: settings.seed, settings, run, arms: judged, comparisons: compare(judged) },
    versions: { node: process.versions.node, ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])) },
    machine: {
      processor: processor?.model ?? "unknown",
      cores: cpus().length,
      memoryMb: Math.round(totalmem() / 1_048_576),
      kernel: release(),
    },
  };
}

export function isGrowing({ arms }: Report): boolean {
  return arms.some(({ processes }) => processes.some(({ judgement }) => judgement.verdict === "growing"));
}

export function markdownOf(report: Report): string {
  const { arms, comparisons, run, settings } = report;
  const rows = arms.flatMap((arm) =>
    arm.processes.map(({ name, samples, judgement }) => {
      const { text, slope, heap } = judgement;
      const last = samples.at(-1);
      const memoryMb = last === undefined ? "" : (last.privateDirtyKb / 1_024).toFixed(0);
      const cells = [arm.name, name, whole(arm.connections), memoryMb, last?.fileDescriptors ?? ""];
      cells.push(show(slope), heap === null ? "" : show(heap.slope), text);
      return `| ${cells.join(" | ")} |`;
    }),
  );
  const head = "| arm | process | connections | private MB | fds | private | heap | verdict |";
  const compared = comparisons.map(({ text }) => `- ${text}`).join("\n");
  const failed = arms.flatMap(({ name, failures }) =>
    Object.entries(failures).map(([reason, count]) => `- ${name}: ${count} × ${reason}`),
  );
  return [
    `seed ${report.seed}, ${run.rounds} rounds of ${settings.connectionsPerRound} connections in ${run.seconds} s, ` +
      `ended by ${run.endedBy}, state on ${run.storage}. ` +
      "`private` and `heap`: growth in KB per 1,000 connections, with its 95 % confidence interval.",
    `${head}\n${"| --- ".repeat(8)}|\n${rows.join("\n")}`,
    ...(compared === "" ? [] : [compared]),
    ...(failed.length === 0 ? [] : [`Failures:\n${failed.join("\n")}`]),
  ].join("\n\n");
}

function show({ perThousand, low, high }: Slope): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "unknown";
  return `${whole(perThousand)} (${whole(low)} to ${whole(high)})`;
}

const whole = (value: number) => Math.round(value).toLocaleString("en");

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(REPOSITORY, "node_modules", name, "package.json"), "utf8")).version;
}
