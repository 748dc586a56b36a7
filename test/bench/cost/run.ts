/**
 * One run of `npm run cost`: a station's day, measured now or before, and what a fleet of them costs a month. Must not
 * know what a day holds or what anything costs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { configOf } from "../../../src/config.ts";
import { type CostOptions, readArguments, USAGE } from "./arguments.ts";
import { billOf } from "./bill.ts";
import { type Deployment, readDeployment } from "./deployment.ts";
import { measure, NO_CSMS } from "./measure.ts";
import { type CsmsKind, type Measurement, readRun, type Run } from "./measurement.ts";
import {
  assumptionsText,
  billText,
  countingText,
  headText,
  leversText,
  measuredText,
  type Reckoned,
} from "./report.ts";
import { DEFAULT_TRAFFIC } from "./traffic.ts";
import { type FleetUsage, usageOf, withoutHibernation } from "./usage.ts";

/** US dollars a month, and for which fleet: design's target. */
const TARGET = { dollars: 300, stations: 100_000, traffic: DEFAULT_TRAFFIC };
const CSMS_NAMES = { none: "", url: ", CSMS_URL", link: ", link" } as const;
const SAMPLES = { cpuMessages: 400, cpuReconnects: 20 };

export interface Outcome {
  /** 0: within the bound, or none was given; 1: over it; 2: the command line or a file cannot be used. */
  code: number;
  out: string;
  complaint: string;
}

export async function cost(args: readonly string[]): Promise<Outcome> {
  const read = readArguments(args);
  if (!read.ok) return { code: 2, out: "", complaint: `${read.error}\n\n${USAGE}` };
  const options = read.value;
  const run = options.measuredFile === null ? await measureNow(options) : readKept(options.measuredFile);
  const fault = typeof run === "string" ? run : otherThanAsked(run.subscribed, options);
  if (typeof run === "string" || fault !== null) {
    return { code: 2, out: "", complaint: `${options.measuredFile}: ${fault}\n` };
  }
  const deployment = readDeployment();
  const { subscribed, alone } = run;
  const webhooks = `${subscribed.webhooks} ${subscribed.webhooks === 1 ? "webhook" : "webhooks"}`;
  const name = (of: Measurement, told = webhooks) => `Kerbside, ${told}${CSMS_NAMES[of.csms.kind]}`;
  const kerbside = reckon(name(subscribed), subscribed, options, deployment);
  const { beside } = run;
  const columns = [
    kerbside,
    ...(beside === undefined ? [] : [reckon(name(beside), beside, options, deployment)]),
    reckon(name(alone, "no webhook"), alone, options, deployment),
    awakeAllDay(`never hibernating, ${webhooks}`, kerbside.usage, options),
  ];
  if (options.jsonFile !== null) {
    const bills = columns.map(({ name, bill }) => ({ name, ...bill }));
    writeFileSync(options.jsonFile, `${JSON.stringify({ ...run, fleet: options.fleet, bills }, null, 2)}\n`);
  }
  const max = options.max ?? (isTargets(options) ? TARGET.dollars : null);
  const isOver = max !== null && kerbside.bill.total > max;
  const out = [
    headText(options, subscribed, webhooks),
    measuredText(subscribed),
    ...(beside === undefined ? [] : [`The same${CSMS_NAMES[beside.csms.kind]}`, measuredText(beside)]),
    billText(columns, options.fleet.stations),
    countingText(options, kerbside, configOf({}).METRICS_SECONDS),
    assumptionsText(options, deployment, kerbside.usage),
    `What it is spent on, with ${webhooks}, before what the plan includes`,
    leversText(kerbside.usage),
    ...(max === null ? [] : [`${isOver ? "OVER" : "WITHIN"}: $${kerbside.bill.total.toFixed(2)} of $${max} a month`]),
  ];
  return { code: isOver && options.max !== null ? 1 : 0, out: `${out.join("\n\n")}\n`, complaint: "" };
}

const isTargets = ({ fleet: { stations, traffic } }: CostOptions): boolean =>
  stations === TARGET.stations && isDeepStrictEqual(traffic, TARGET.traffic);

function otherThanAsked({ webhooks, csms }: Measurement, asked: CostOptions): string | null {
  if (webhooks !== asked.webhooks) return `was measured with --webhooks ${webhooks}`;
  if (isDeepStrictEqual(csms, asked.csms)) return null;
  return `was measured with --csms ${csms.kind} --csms-ms ${csms.thinkMs}`;
}

/** The error is what is wrong with the file. */
function readKept(file: string): Run | string {
  try {
    return readRun(readFileSync(file, "utf8"));
  } catch (error) {
    return `no measurement: ${(error as Error).message}`;
  }
}

async function measureNow({ webhooks, csms, fleet: { traffic, receiverMs } }: CostOptions): Promise<Run> {
  process.stderr.write("measuring a day of a station, with webhooks and without …\n");
  if (csms.kind === "none") {
    return {
      subscribed: await measure(webhooks, traffic, SAMPLES, csms),
      alone: await measure(0, traffic, SAMPLES, csms),
    };
  }
  // A CSMS and a webhook take their time side by side: what they would take one after the other is not what is billed.
  const of = (kind: CsmsKind, told: number) => measure(told, traffic, SAMPLES, { ...csms, kind }, receiverMs);
  return {
    subscribed: await of(csms.kind, webhooks),
    // By its own socket a CSMS is told all that it would need a webhook for.
    alone: csms.kind === "link" ? await of("link", 0) : await measure(0, traffic, SAMPLES, NO_CSMS),
    beside: await of(csms.kind === "link" ? "url" : "link", webhooks),
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
