/**
 * What Cloudflare asks for a unit of each thing, on a date. Must not know who uses how much.
 */

export interface Price {
  name: string;
  unit: string;
  /** US dollars for `per` units beyond those that the plan includes each month. */
  dollars: number;
  per: number;
  included: number;
  /** The title of the page that says so. */
  page: string;
}

/** Workers Paid, as its documentation said on this day. */
export const PRICES_AS_OF = "2026-11-24";
export const BASE_DOLLARS = 5;

const M = 1_000_000;
const WORKERS = "Workers: Pricing";
const OBJECTS = "Durable Objects: Pricing";
const DATABASE = "D1: Pricing";

export const PRICES = {
  workerRequests: { name: "Worker requests", unit: "requests", dollars: 0.3, per: M, included: 10 * M, page: WORKERS },
  cpuMs: { name: "CPU time", unit: "ms", dollars: 0.02, per: M, included: 30 * M, page: WORKERS },
  objectRequests: { name: "object requests", unit: "requests", dollars: 0.15, per: M, included: M, page: OBJECTS },
  duration: { name: "object duration", unit: "GB-s", dollars: 12.5, per: M, included: 400_000, page: OBJECTS },
  rowsWritten: { name: "rows written", unit: "rows", dollars: 1, per: M, included: 50 * M, page: OBJECTS },
  rowsRead: { name: "rows read", unit: "rows", dollars: 0.001, per: M, included: 25_000 * M, page: OBJECTS },
  storage: { name: "stored", unit: "GB-month", dollars: 0.2, per: 1, included: 5, page: OBJECTS },
  queueOperations: {
    name: "queue operations",
    unit: "operations",
    dollars: 0.4,
    per: M,
    included: M,
    page: "Queues: Pricing",
  },
  directoryRowsWritten: {
    name: "directory rows written",
    unit: "rows",
    dollars: 1,
    per: M,
    included: 50 * M,
    page: DATABASE,
  },
  directoryRowsRead: {
    name: "directory rows read",
    unit: "rows",
    dollars: 0.001,
    per: M,
    included: 25_000 * M,
    page: DATABASE,
  },
  // Until LOGS_BY_VOLUME holds.
  logEvents: { name: "log events", unit: "events", dollars: 0.6, per: M, included: 20 * M, page: "Workers Logs" },
} as const satisfies Record<string, Price>;

export type Component = keyof typeof PRICES;

/** [Durable Objects: Pricing] How much smaller a socket's message counts than a request. */
export const MESSAGES_PER_REQUEST = 20;
/** [Durable Objects: Pricing] GB that an awake object is billed for, whatever it uses. */
export const OBJECT_GB = 0.128;
/** [Queues: Pricing] Written, read and deleted: a message of up to 64 KB that is delivered at once. */
export const OPERATIONS_PER_QUEUE_MESSAGE = 3;
/** [Durable Objects: Lifecycle] s without work after which an object hibernates; the pages say that these are not billed. */
export const IDLE_BEFORE_HIBERNATION_SECONDS = 10;
/** [Observability: Pricing] What logs cost from a day on: by volume, whatever the events. */
export const LOGS_BY_VOLUME = {
  from: "2026-12-01",
  ingested: { dollarsPerGb: 0.25, includedGb: 50 },
  stored: { dollarsPerGbMonth: 0.1, includedGbMonth: 12, retentionDays: 7 },
} as const;
