/**
 * A measured day of one station to a month of a fleet: how much is used of each thing that has a price, in all and by
 * what causes it. Must not know prices.
 */
import type { Usage } from "./bill.ts";
import type { Deployment } from "./deployment.ts";
import { KINDS, type Kind, type Measurement, NO_COUNTS, times } from "./measurement.ts";
import { MESSAGES_PER_REQUEST, OBJECT_GB, OPERATIONS_PER_QUEUE_MESSAGE } from "./prices.ts";
import { SERIES } from "./series.ts";
import type { Traffic } from "./traffic.ts";

export const DAYS = 30;
const DAY_SECONDS = 86_400;

export interface Fleet {
  stations: number;
  traffic: Traffic;
  /** ms until a webhook, far away, has answered: what no local run can measure. */
  receiverMs: number;
  /** ms of a call from an object to a queue or another object. */
  platformMs: number;
}

export interface FleetUsage {
  total: Usage;
  byKind: Record<Kind, Usage>;
  /** Of it what counting costs: messages that hand over nothing else, and the counters' row of each batch. */
  counting: Pick<Usage, "queueOperations" | "directoryRowsWritten">;
  /** Times an object came to rest. */
  wakes: number;
}

/** How often in a day each happens to one station. Alarms are set by time, and stay as they were measured. */
function timesOf(kind: Kind, traffic: Traffic, measurement: Measurement): number {
  switch (kind) {
    case "heartbeat":
      return traffic.heartbeats;
    case "message":
      return traffic.messages;
    case "reconnect":
      return traffic.reconnects;
    case "command":
      return traffic.commands;
    case "alarm":
      return measurement.kinds.alarm.times;
  }
}

export function usageOf(measurement: Measurement, fleet: Fleet, deployment: Deployment): FleetUsage {
  const { stations, traffic, receiverMs, platformMs } = fleet;
  const month = stations * DAYS;
  const cpuOf: Record<Kind, number> = { ...measurement.cpuMs, alarm: measurement.cpuMs.message, command: 0 };
  // A command is a request, a CALL and its answer: about what a connection costs without its handshake.
  cpuOf.command = measurement.cpuMs.reconnect;
  const transitions = Object.values(measurement.kinds).reduce((sum, { counts }) => sum + counts.queueMessages, 0);
  const { counterWrites, counterRows } = measurement.directory;
  const counterRowsPerBatch = counterWrites === 0 ? 0 : counterRows / counterWrites;
  const counting = { queueOperations: 0, directoryRowsWritten: 0 };
  let wakes = 0;
  const kinds = KINDS.map((kind): [Kind, Usage] => {
    const measured = measurement.kinds[kind];
    const happens = timesOf(kind, traffic, measurement);
    const day = measured.times === 0 ? NO_COUNTS : times(measured.counts, happens / measured.times);
    const queued = day.queueMessages * month;
    const consumers = queued / batchSize((transitions * stations) / DAY_SECONDS, deployment);
    const share = transitions === 0 ? 0 : (day.queueMessages * month) / transitions;
    const awakeMs =
      day.awakeMs + day.receiverRounds * (receiverMs - measurement.receiverMs) + day.platformCalls * platformMs;
    const invocations = (day.workerRequests + day.objectRequests + day.socketMessages) * month + consumers;
    counting.queueOperations += day.handOvers * month * OPERATIONS_PER_QUEUE_MESSAGE;
    counting.directoryRowsWritten += consumers * counterRowsPerBatch;
    wakes += (day.objectRequests + day.socketMessages) * month;
    return [
      kind,
      {
        workerRequests: day.workerRequests * month + consumers,
        cpuMs: cpuOf[kind] * happens * month,
        objectRequests: (day.objectRequests + day.socketMessages / MESSAGES_PER_REQUEST) * month,
        duration: (awakeMs / 1000) * OBJECT_GB * month,
        rowsWritten: (day.rowsWritten + day.alarmsSet) * month,
        rowsRead: day.rowsRead * month,
        storage: 0,
        queueOperations: queued * OPERATIONS_PER_QUEUE_MESSAGE,
        directoryRowsWritten: measurement.directory.rowsWritten * share + consumers * counterRowsPerBatch,
        directoryRowsRead: measurement.directory.rowsRead * share,
        logEvents: invocations * deployment.invocationLogs,
      },
    ];
  });
  const byKind = Object.fromEntries(kinds) as Record<Kind, Usage>;
  const total = sumOf(kinds.map(([, usage]) => usage));
  total.storage = (measurement.storedBytes * stations) / 1e9;
  for (const key of Object.keys(SERIES) as (keyof typeof SERIES)[]) total[key] += SERIES[key];
  total.logEvents +=
    SERIES.workerRequests * deployment.invocationLogs + measurement.logLines * month * deployment.headSampling;
  return { total, byKind, counting, wakes };
}

/** The same traffic to an object that never hibernates: awake all day, everything else alike. */
export function withoutHibernation(usage: Usage, stations: number): Usage {
  return { ...usage, duration: stations * DAYS * DAY_SECONDS * OBJECT_GB };
}

/** What gathers in the time a batch waits for more. */
function batchSize(messagesPerSecond: number, { batchMessages, batchSeconds }: Deployment): number {
  return Math.min(batchMessages, 1 + messagesPerSecond * batchSeconds);
}

function sumOf(usages: Usage[]): Usage {
  const [first, ...others] = usages.map((usage) => ({ ...usage }));
  const sum = first as Usage;
  for (const usage of others) for (const key of Object.keys(sum) as (keyof Usage)[]) sum[key] += usage[key];
  return sum;
}
