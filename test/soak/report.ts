/**
 * What a soak came to: a verdict for each arm and process, cohorts compared, all of it for machines and for people. Must
 * not know how it was measured.
 */
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../../src/local/local-folder.ts";
import type { SoakOptions } from "./arguments.ts";
import type { Cohort } from "./arm.ts";
import { type Comparison, compare } from "./comparison.ts";
import type { ArmRun, SoakRun, WatchedSeries } from "./run.ts";
import { type Judgement, type Slope, verdictOf } from "./slope.ts";

export interface JudgedProcess extends WatchedSeries {
  judgement: Judgement;
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
  measure: "privateDirtyKb";
  arms: JudgedArm[];
  comparisons: Comparison[];
}

/** More than these connections failed: what grew may be of the failing. */
const FAILURES_MAX_SHARE = 0.01;
const PACKAGES = ["miniflare", "workerd", "wrangler", "ws"];

export function reportOf(settings: SoakOptions, { arms, ...run }: SoakRun): Report {
  const judged = arms.map((arm) => ({
    ...arm,
    processes: arm.processes.map((each) => ({ ...each, judgement: judge(arm, each, settings.limitKbPerThousand) })),
  }));
  const [processor] = cpus();
  return {
    ...{ seed: settings.seed, settings, run, measure: "privateDirtyKb", arms: judged, comparisons: compare(judged) },
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
      const { text, slope } = judgement;
      const last = samples.at(-1);
      const memoryMb = last === undefined ? "" : (last.privateDirtyKb / 1_024).toFixed(0);
      const cells = [arm.name, name, whole(arm.connections), memoryMb, last?.fileDescriptors ?? "", show(slope), text];
      return `| ${cells.join(" | ")} |`;
    }),
  );
  const head = "| arm | process | connections | private MB | fds | KB per 1,000 connections (95 %) | verdict |";
  const compared = comparisons.map(({ text }) => `- ${text}`).join("\n");
  const failed = arms.flatMap(({ name, failures }) =>
    Object.entries(failures).map(([reason, count]) => `- ${name}: ${count} × ${reason}`),
  );
  return [
    `seed ${report.seed}, ${run.rounds} rounds of ${settings.connectionsPerRound} connections in ${run.seconds} s, ` +
      `ended by ${run.endedBy}, state on ${run.storage}`,
    `${head}\n${"| --- ".repeat(7)}|\n${rows.join("\n")}`,
    ...(compared === "" ? [] : [compared]),
    ...(failed.length === 0 ? [] : [`Failures:\n${failed.join("\n")}`]),
  ].join("\n\n");
}

function judge(arm: ArmRun, { samples }: WatchedSeries, limit: number): Judgement {
  const judgement = verdictOf(
    samples.map(({ connections, privateDirtyKb }) => ({ x: connections, y: privateDirtyKb })),
    limit,
  );
  const failed = Object.values(arm.failures).reduce((sum, count) => sum + count, 0);
  if (failed <= arm.connections * FAILURES_MAX_SHARE) return judgement;
  return { ...judgement, verdict: "undecided", text: `undecided: ${failed} failures` };
}

function show({ perThousand, low, high }: Slope): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "unknown";
  return `${whole(perThousand)} (${whole(low)} to ${whole(high)})`;
}

const whole = (value: number) => Math.round(value).toLocaleString("en");

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(REPOSITORY, "node_modules", name, "package.json"), "utf8")).version;
}

export const COHORT_NAMES: Record<Cohort, string> = { plain: "plain", tls: "TLS", mtls: "mTLS" };
