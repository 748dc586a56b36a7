/**
 * A run as Markdown: a table a part, and the verdicts. Must not decide anything.
 */
import { KINDS } from "./arm.ts";
import { baseOf, ratioOf, type Series, figureOf, verdicts } from "./comparison.ts";
import type { Spread } from "./figures.ts";
import { MEASURES, type MeasureName, measureOf } from "./measures.ts";
import type { Run } from "./peers.ts";

export function reportText(run: Run): string {
  return [
    heading(run),
    "Values are medians of interleaved rounds, with quartiles. `to floor` and `to ocpp-rpc` are medians of the ratios of the\n" +
      "same round; a p99 is that of all samples. `floor-row` is the floor that keeps one row an upgrade and a CALL. The server is workerd, or\n" +
      "the one Node process of `ocpp-rpc` and `ws`. No arm negotiates compression.",
    ...(Object.keys(MEASURES) as MeasureName[]).flatMap((measure) => table(run, measure) ?? []),
    rowsTable(run),
    verdictTable(run.series),
    "Memory under churn is `npm run soak`.",
  ]
    .filter((part) => part !== "")
    .map((part) => `${part}\n\n`)
    .join("");
}

function heading({ at, durationSeconds, machine, versions, sizes, seed, notes }: Run): string {
  const list = (fields: object) => Object.entries(fields).map(([name, value]) => `${name} ${value}`);
  return [
    `# Comparison of ${at}, ${durationSeconds} s, seed ${seed}`,
    list(machine).join(", "),
    list(versions).join(", "),
    list(sizes).join(", "),
    ...notes,
  ].join("\n\n");
}

function table({ series: all }: Run, measure: MeasureName): string | null {
  // Found in the order of their turns, which is another one in each run.
  const series = all
    .filter((each) => each.measure === measure)
    .sort((a, b) => a.storage.localeCompare(b.storage) * -1 || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  if (series.length === 0) return null;
  const { title, unit, better, floor } = measureOf(measure);
  const lines = series.map((each) => {
    const name = each.storage === "none" ? each.kind : `${each.kind}, ${each.storage}`;
    const ratios = [floor, "ocpp-rpc" as const].map((kind) => {
      const base = baseOf(all, each, kind);
      return base === undefined ? "" : base === each ? "1" : showRatio(ratioOf(each, base));
    });
    const blocks = `${each.blocks.length} × ${each.blocks[0]?.length}`;
    return `| ${[name, show(figureOf(each)), ...ratios, blocks].join(" | ")} |`;
  });
  return [
    `**${title}**, ${unit} (${better} is better)\n`,
    `| server | ${unit} | to ${floor} | to ocpp-rpc | rounds × samples |`,
    "| --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

function rowsTable({ rows }: Run): string {
  if (rows.length === 0) return "";
  const lines = rows.map(
    ({ arm, message, written, read }) => `| ${arm} | ${message} | ${written.toFixed(1)} | ${read.toFixed(1)} |`,
  );
  return [
    "**Rows a message**, by SQLite's count\n",
    "| server | message | written | read |",
    "| --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

function verdictTable(series: readonly Series[]): string {
  const lines = verdicts(series).map(({ measure, storage, ratio, ratioToRow, bound, passed }) => {
    const { title, better, floor } = measureOf(measure);
    const sign = better === "lower" ? "≤" : "≥";
    const judged = `${showRatio(ratio)} | ${sign} ${bound} | ${passed ? "pass" : "**FAIL**"}`;
    return `| ${title}, ${storage} | ${floor} | ${judged} | ${ratioToRow === null ? "" : showRatio(ratioToRow)} |`;
  });
  if (lines.length === 0) return "";
  const head = "| Kerbside | held against | ratio | bound | | to the floor with a row |";
  return [head, "| --- | --- | --- | --- | --- | --- |", ...lines].join("\n");
}

/** Three digits that count, whatever the size. */
const digits = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
const show = ({ median, low, high }: Spread): string => `${digits(median)} (${digits(low)}–${digits(high)})`;
const showRatio = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
