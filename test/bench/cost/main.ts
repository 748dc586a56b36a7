/**
 * `npm run cost`: measures a station's day, and shows what a fleet of them costs a month. Must not know what a day holds
 * or what anything costs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type CostOptions, readArguments, USAGE } from "./arguments.ts";
import { billOf } from "./bill.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { measure } from "./measure.ts";
import { type Measurement, readRun, type Run } from "./measurement.ts";
import { assumptionsText, billText, leversText, measuredText, type Reckoned } from "./report.ts";
import { type FleetUsage, usageOf, withoutHibernation } from "./usage.ts";

/** US dollars a month for 100,000 stations of the default traffic. */
const TARGET_DOLLARS = 300;
const SAMPLES = { cpuMessages: 400, cpuReconnects: 20 };

async function main(): Promise<number> {
  const read = readArguments(process.argv.slice(2));
  if (!read.ok) {
    process.stderr.write(`${read.error}\n\n${USAGE}`);
    return 2;
  }
  const options = read.value;
  const { stations, traffic } = options.fleet;
  const run =
    options.measuredFile === null ? await measureNow(options) : readRun(readFileSync(options.measuredFile, "utf8"));
  const deployment = readDeployment();
  const { subscribed, alone } = run;
  const webhooks = `${subscribed.webhooks} ${subscribed.webhooks === 1 ? "webhook" : "webhooks"}`;
  const kerbside = reckon(`Kerbside, ${webhooks}`, subscribed, options, deployment);
  const columns = [
    kerbside,
    reckon("Kerbside, no webhook", alone, options, deployment),
    awakeAllDay(`never hibernating, ${webhooks}`, kerbside.usage, options),
  ];
  const { heartbeats, messages, reconnects, commands } = traffic;
  console.log(
    `# ${stations.toLocaleString("en")} stations, each ${heartbeats} heartbeats, ${messages} other messages, ${reconnects} reconnects, ${commands} commands a day\n`,
  );
  console.log(`Measured ${subscribed.measuredAt.slice(0, 10)}, one day of one station with ${webhooks}\n`);
  console.log(`${measuredText(subscribed)}\n\n${billText(columns, stations)}\n`);
  console.log(`${assumptionsText(options, deployment, kerbside.usage)}\n`);
  console.log(
    `What it is spent on, with ${webhooks}, before what the plan includes\n\n${leversText(kerbside.usage)}\n`,
  );
  if (options.jsonFile !== null) {
    writeFileSync(options.jsonFile, `${JSON.stringify(run, null, 2)}\n`);
  }
  const max = options.max ?? TARGET_DOLLARS;
  const isWithin = kerbside.bill.total <= max;
  console.log(`${isWithin ? "WITHIN" : "OVER"}: $${kerbside.bill.total.toFixed(2)} of $${max} a month`);
  return isWithin || options.max === null ? 0 : 1;
}

async function measureNow({ webhooks, fleet: { traffic } }: CostOptions): Promise<Run> {
  process.stderr.write("measuring a day of a station, with webhooks and without …\n");
  return {
    subscribed: await measure(webhooks, traffic, SAMPLES),
    alone: await measure(0, traffic, SAMPLES),
  };
}

function reckon(
  name: string,
  measurement: Measurement,
  { fleet, withIncluded }: CostOptions,
  deployment: Deployment,
): Reckoned {
  const usage = usageOf(measurement, fleet, deployment);
  return { name, usage, bill: billOf(usage.total, withIncluded) };
}

function awakeAllDay(name: string, usage: FleetUsage, { fleet, withIncluded }: CostOptions): Reckoned {
  return { name, usage, bill: billOf(withoutHibernation(usage.total, fleet.stations), withIncluded) };
}

process.exitCode = await main();
