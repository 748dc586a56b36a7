/**
 * The samples of the matrix as a Markdown table, as JSON and as charts. Must not know how they were had.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { barChart, lineChart } from "../../support/chart.ts";
import { type Judgement, type Slope, verdictOf } from "../slope.ts";
import type { Load } from "./arguments.ts";
import type { ArmSamples } from "./matrix.ts";
import type { Memory } from "./server-process.ts";

export interface Finding {
  found: ArmSamples;
  rss: Judgement;
  heap: Slope;
  external: Slope;
}

export function judgeArm(found: ArmSamples): Finding {
  const series = (of: (memory: Memory) => number) =>
    found.samples.map(({ connections, memory }) => ({ x: connections, y: of(memory) }));
  return {
    found,
    rss: verdictOf(series(({ rssKb }) => rssKb)),
    heap: verdictOf(series(({ heapKb }) => heapKb)).slope,
    external: verdictOf(series(({ externalKb }) => externalKb)).slope,
  };
}

export function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ found: { arm, version }, rss, heap, external }) => [
    version,
    arm.tls,
    arm.mtls ? "yes" : "no",
    arm.mtls ? String(arm.issuers) : "",
    arm.ask,
    `${kb(rss.slope.perThousand)} (${kb(rss.slope.low)} to ${kb(rss.slope.high)})`,
    kb(heap.perThousand),
    kb(external.perThousand),
    rss.text,
  ]);
  const head = [
    ...["Node", "TLS", "mTLS", "CAs sent", "application asks"],
    ...["RSS, KB per 1,000 connections (95 %)", "heap", "external", "verdict"],
  ];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function chartsOf(findings: readonly Finding[], load: Load): { growth: string; slopes: string } {
  const subtitle =
    `bare tls.createServer, forced GC, ${load.rounds} rounds of ${load.connections} connections an arm; ` +
    "one connection: handshake, 5 bytes each way, close";
  const shown = findings.length <= 10 ? findings : findings.filter(({ found: { arm } }) => arm.tls === "1.3");
  const growth = lineChart({
    ...{ title: "Memory of the server process", subtitle },
    ...{ xLabel: "connections so far", yLabel: "RSS above the start, MB" },
    series: shown.map(({ found }) => ({
      name: nameOf(found, shown),
      points: growthMb(found),
      isDashed: !found.arm.mtls,
    })),
  });
  const categories = [...new Set(findings.map(categoryOf))];
  const names = [...new Set(findings.map(({ found }) => nameOf(found, findings, true)))];
  const slopes = barChart({
    ...{ title: "Growth by release", subtitle: `${subtitle}; first half dropped, 95 % interval` },
    ...{ xLabel: "Node", yLabel: "KB per 1,000 connections", categories },
    series: names.map((name) => {
      const at = categories.map((category) =>
        findings.find((each) => categoryOf(each) === category && nameOf(each.found, findings, true) === name),
      );
      return {
        name,
        values: at.map((each) => (each === undefined ? null : Math.round(each.rss.slope.perThousand))),
        intervals: at.map((each) => (each === undefined ? null : intervalOf(each.rss.slope))),
      };
    }),
  });
  return { growth, slopes };
}

export function writeReport(dir: string, command: string, load: Load, findings: readonly Finding[]): string {
  mkdirSync(dir, { recursive: true });
  const { growth, slopes } = chartsOf(findings, load);
  const table = tableOf(findings);
  writeFileSync(join(dir, "report.md"), `\`${command}\`\n\n${table}\n`);
  writeFileSync(join(dir, "report.json"), `${JSON.stringify({ command, load, findings })}\n`);
  writeFileSync(join(dir, "growth.svg"), growth);
  writeFileSync(join(dir, "slopes.svg"), slopes);
  return table;
}

const kb = (value: number): string => (Number.isFinite(value) ? (Math.round(value) || 0).toLocaleString("en") : "?");
/** `null`: so little is known that a whisker would leave the chart. */
const intervalOf = ({ low, high }: Slope) => (Number.isFinite(high - low) ? ([low, high] as const) : null);
const categoryOf = ({ found }: Finding): string => found.version;

/** Only that which differs between the arms shown. */
function nameOf({ arm, version }: ArmSamples, among: readonly Finding[], isWithoutNode = false): string {
  const varies = (of: (each: ArmSamples) => unknown) => new Set(among.map(({ found }) => of(found))).size > 1;
  const parts = [
    ...(!isWithoutNode && varies((each) => each.version) ? [version] : []),
    ...(varies(({ arm: { tls } }) => tls) ? [`TLS ${arm.tls}`] : []),
    ...(varies(({ arm: { mtls } }) => mtls) ? [arm.mtls ? "mTLS" : "no client certificate"] : []),
    ...(arm.mtls && varies(({ arm: { issuers } }) => issuers) ? [`${arm.issuers} CAs sent`] : []),
    ...(arm.mtls && varies(({ arm: { ask } }) => ask) ? [`asks ${arm.ask}`] : []),
  ];
  return parts.join(", ") || version;
}

function growthMb({ samples }: ArmSamples): [number, number][] {
  const start = samples[0]?.memory.rssKb ?? 0;
  return samples.map(({ connections, memory }) => [connections, round((memory.rssKb - start) / 1_024)]);
}

const round = (value: number): number => Math.round(value * 100) / 100;
