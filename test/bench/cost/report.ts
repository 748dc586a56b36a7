/**
 * What was measured and what it costs, as Markdown. Must not measure or reckon anything but shares.
 */
import { type Bill, COMPONENTS, dollarsOf, logsByVolume } from "./bill.ts";
import type { CostOptions } from "./arguments.ts";
import { SERIES } from "./series.ts";
import type { Deployment } from "./deployment.ts";
import { KINDS, type Measurement } from "./measurement.ts";
import {
  IDLE_BEFORE_HIBERNATION_SECONDS,
  LOGS_BY_VOLUME,
  OBJECT_GB,
  OPERATIONS_PER_QUEUE_MESSAGE,
  PRICES,
  PRICES_AS_OF,
} from "./prices.ts";
import { DAYS, type FleetUsage } from "./usage.ts";

export interface Reckoned {
  name: string;
  usage: FleetUsage;
  bill: Bill;
}

/** No local run can tell how large the platform's own record of an invocation is. */
const LOG_EVENT_BYTES = 1_000;

const MONTH_SECONDS = DAYS * 86_400;
const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const each = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));

const table = (rows: (string | number)[][]): string => {
  const [head = [], ...body] = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return [head, `| ${(rows[0] ?? []).map((_, index) => (index === 0 ? "---" : "---:")).join(" | ")} |`, ...body].join(
    "\n",
  );
};

export function headText({ fleet }: CostOptions, { measuredAt }: Measurement, webhooks: string): string {
  const { heartbeats, messages, reconnects, commands } = fleet.traffic;
  const day = `${heartbeats} heartbeats, ${messages} other messages, ${reconnects} reconnects, ${commands} commands a day`;
  return [
    `# ${number.format(fleet.stations)} stations, each ${day}`,
    `Measured ${measuredAt.slice(0, 10)}, one day of one station with ${webhooks}`,
  ].join("\n\n");
}

/** What one of each costs, by the counts of the measured day. */
export function measuredText(measurement: Measurement): string {
  const row = (
    name: string,
    key: { times: number; counts: Measurement["kinds"]["alarm"]["counts"] },
    cpu: number | null,
  ) => {
    const { times, counts } = key;
    const one = (value: number) => (times === 0 ? "-" : each(value / times));
    return [
      name,
      times,
      one(counts.rowsWritten),
      one(counts.alarmsSet),
      one(counts.rowsRead),
      one(counts.objectRequests),
      one(counts.socketMessages),
      one(counts.queueMessages),
      one(counts.deliveries),
      times === 0 ? "-" : (counts.awakeMs / times).toFixed(2),
      cpu === null ? "" : cpu.toFixed(2),
    ];
  };
  const { kinds, actions, cpuMs } = measurement;
  const columns = [
    "of one",
    "in the day",
    "rows written",
    "alarms set",
    "rows read",
    "object requests",
    "socket messages",
    "queue messages",
  ];
  return table([
    [...columns, "deliveries", "ms awake", "ms CPU"],
    row("heartbeat", kinds.heartbeat, cpuMs.heartbeat),
    row("other message", kinds.message, cpuMs.message),
    ...Object.entries(actions)
      .filter(([action]) => !["Heartbeat", "alarm", "connect", "disconnect", "UnlockConnector"].includes(action))
      .map(([action, sum]) => row(`· ${action}`, sum, null)),
    row("reconnect", kinds.reconnect, cpuMs.reconnect),
    row("alarm", kinds.alarm, null),
    ...(kinds.command.times > 0 ? [row("command", kinds.command, null)] : []),
  ]);
}

export function billText(columns: Reckoned[], stations: number): string {
  const lines = COMPONENTS.map((component, index) => {
    const { name, unit } = PRICES[component];
    const cells = columns.map(({ bill }) => bill.lines[index]);
    return [
      `${name}, million ${unit}`.replace("million GB-month", "GB-month"),
      ...cells.flatMap((line) => {
        const used = line?.used ?? 0;
        return [component === "storage" ? used.toFixed(1) : (used / 1e6).toFixed(1), money.format(line?.dollars ?? 0)];
      }),
    ];
  });
  return table([
    ["a month", ...columns.flatMap(({ name }) => [name, "$"])],
    ...lines,
    ["plan", ...columns.flatMap(({ bill }) => ["", money.format(bill.base)])],
    ["**total**", ...columns.flatMap(({ bill }) => ["", `**${money.format(bill.total)}**`])],
    ["a station", ...columns.flatMap(({ bill }) => ["", (bill.total / stations).toFixed(5)])],
  ]);
}

/** The dearest pairs of a cause and a thing it uses, before what the plan includes. */
export function leversText({ byKind }: FleetUsage, count = 10): string {
  const pairs = KINDS.flatMap((kind) =>
    COMPONENTS.map((component) => ({ kind, component, dollars: dollarsOf(component, byKind[kind][component]) })),
  );
  const total = pairs.reduce((sum, { dollars }) => sum + dollars, 0);
  const dearest = pairs.toSorted((a, b) => b.dollars - a.dollars).slice(0, count);
  return table([
    ["spent on", "for", "$", "share"],
    ...dearest.map(({ kind, component, dollars }) => [
      PRICES[component].name,
      `${kind}s`,
      money.format(dollars),
      `${((100 * dollars) / total).toFixed(0)} %`,
    ]),
  ]);
}

/** Before what the plan includes. */
export function countingText(
  options: CostOptions,
  { usage: { counting }, bill }: Reckoned,
  everySeconds: number,
): string {
  const share = (dollars: number) =>
    `$${money.format(dollars)}, ${((100 * dollars) / bill.total).toFixed(1)} % of the bill`;
  const rows = dollarsOf("directoryRowsWritten", counting.directoryRowsWritten);
  const measured = dollarsOf("queueOperations", counting.queueOperations) + rows;
  const operations = (options.fleet.stations * MONTH_SECONDS * OPERATIONS_PER_QUEUE_MESSAGE) / everySeconds;
  const most = dollarsOf("queueOperations", operations) + rows;
  const seriesDollars = (Object.keys(SERIES) as (keyof typeof SERIES)[]).reduce(
    (sum, key) => sum + dollarsOf(key, SERIES[key]),
    0,
  );
  return [
    `Metrics, in it: ${share(measured)}; a row in the directory for each batch is $${money.format(rows)} of that.`,
    `The series of the fleet (GET /v1/series), in it: ${share(seriesDollars)}, whatever the fleet's size.`,
    `Were no station ever to reconnect, each would hand over every ${number.format(everySeconds)} s (METRICS_SECONDS): ${share(most)}.`,
  ].join("\n");
}

export function assumptionsText(options: CostOptions, deployment: Deployment, { total, wakes }: FleetUsage): string {
  const idle = dollarsOf("duration", wakes * IDLE_BEFORE_HIBERNATION_SECONDS * OBJECT_GB);
  const { receiverMs, platformMs } = options.fleet;
  return [
    `Prices of ${PRICES_AS_OF}; ${options.withIncluded ? "what the plan includes is subtracted" : "what the plan includes is used up elsewhere"}.`,
    `Assumed, not measured: a webhook answers in ${receiverMs} ms, a queue or another object in ${platformMs} ms.`,
    `From ${LOGS_BY_VOLUME.from} on logs cost by volume: $${number.format(logsByVolume(total.logEvents, LOG_EVENT_BYTES))} if an event has ${LOG_EVENT_BYTES} bytes, which is a guess.`,
    `Logged by wrangler.toml: ${100 * deployment.invocationLogs} % of the invocations.`,
    "Counted to the dear side: every message finds the object asleep and the list of webhooks not cached, and the CPU of objects is billed too.",
    `Not billed by the documentation (Durable Objects: Pricing): the ${IDLE_BEFORE_HIBERNATION_SECONDS} s of idleness before hibernation. Were they, $${number.format(idle)} more.`,
  ]
    .map((line) => `- ${line}`)
    .join("\n");
}
