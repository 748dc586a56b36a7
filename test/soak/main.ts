/**
 * `npm run soak`: the leak lab as a process, from its arguments to its exit code: 1 where anything is growing. Must not
 * know how it is measured.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NotUsable } from "../../src/simulator/fleet/broker.ts";
import { interruption } from "../../src/simulator/cli/interruption.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { isGrowing, markdownOf, type Report, reportOf } from "./report.ts";
import { soak } from "./run.ts";

const FAILED = 1;
const MISUSED = 2;

const interrupt = interruption();

async function main(args: string[]): Promise<number> {
  const at = args.indexOf("node-tls");
  if (args[at - 1] === "--target") {
    const { runNodeTls } = await import("./node-tls/main.ts");
    return runNodeTls(args.toSpliced(at - 1, 2));
  }
  const parsed = parseArguments(args, Math.random());
  if (!parsed.ok) {
    process.stderr.write(`${parsed.error}\n\n${USAGE}`);
    return MISUSED;
  }
  if (parsed.value === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const run = await soak(parsed.value, interrupt, (line) => process.stderr.write(`${line}\n`));
    const report = reportOf(parsed.value, run);
    await write(report, parsed.value.out);
    process.stdout.write(`${markdownOf(report)}\n\nreport.json and the charts are in ${parsed.value.out}\n`);
    return isGrowing(report) || !["time", "rounds", "interrupt"].includes(run.endedBy) ? FAILED : 0;
  } catch (error) {
    if (!(error instanceof NotUsable)) throw error;
    process.stderr.write(`${error.message}\n`);
    return FAILED;
  }
}

async function write(report: Report, out: string): Promise<void> {
  // Megabytes of script that nobody shall wait for who only asks how it is used.
  const [{ chartsOf }, { toPng }] = await Promise.all([import("./report-charts.ts"), import("../support/chart.ts")]);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  for (const [name, svg] of chartsOf(report)) {
    const path = join(out, name.replace(/[^\w-]+/g, "-"));
    writeFileSync(`${path}.svg`, svg);
    writeFileSync(`${path}.png`, toPng(svg));
  }
}

process.exitCode = await main(process.argv.slice(2));
