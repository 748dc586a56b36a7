/**
 * `npm run simulate`: a fleet of charging stations as a process, from its arguments to its exit code. Must not know how a
 * station behaves.
 */
import { localFolder } from "../../local/state/local-folder.ts";
import { parseArguments, USAGE } from "./arguments.ts";
import { NotUsable } from "../fleet/broker.ts";
import { interruption } from "./interruption.ts";
import { type Progress, showProgress } from "./progress.ts";
import { simulate } from "../fleet/simulate.ts";
import { summaryText } from "./summary-text.ts";

const FAILED = 1;
const MISUSED = 2;

const interrupt = interruption();

async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2), process.env, Math.random());
  if (!parsed.ok) {
    process.stderr.write(`${parsed.error}\n\n${USAGE}`);
    return MISUSED;
  }
  if (parsed.value === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  let progress: Progress | undefined;
  try {
    const summary = await simulate(parsed.value, {
      dir: localFolder(process.env),
      interrupt,
      onFleet: (fleet) => {
        progress = showProgress(fleet, process.stdout);
      },
      warn: (sentence) => process.stderr.write(`${sentence}\n`),
    });
    progress?.stop();
    process.stdout.write(process.stdout.isTTY ? summaryText(summary) : `${JSON.stringify(summary)}\n`);
    return summary.passed ? 0 : FAILED;
  } catch (error) {
    progress?.stop();
    if (!(error instanceof NotUsable)) throw error;
    process.stderr.write(`${error.message}\n`);
    return FAILED;
  }
}

process.exitCode = await main();
