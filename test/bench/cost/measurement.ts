/**
 * What a measured day of one station came to, by what caused it. Must not know prices or fleets.
 */
import * as z from "zod";

/** By SQLite's, the platform's or the Worker's own count; times are ms. */
const countsSchema = z.strictObject({
  workerRequests: z.number(),
  /** HTTP, RPC and alarms. */
  objectRequests: z.number(),
  /** From the station, and the end of its socket. */
  socketMessages: z.number(),
  /** Times an object was made anew out of what is stored. */
  wakes: z.number(),
  rowsWritten: z.number(),
  /** A row written each, which SQLite does not count. */
  alarmsSet: z.number(),
  rowsRead: z.number(),
  queueMessages: z.number(),
  /** Of them those that hand over what was counted, and nothing else. */
  handOvers: z.number().default(0),
  /** Calls of a queue or of another object that an object waited for. */
  platformCalls: z.number(),
  /** Requests to webhooks. */
  deliveries: z.number(),
  /** Times an object waited for webhooks, those that are asked at once being one. */
  receiverRounds: z.number(),
  /** Wall time in which an object could not hibernate, with webhooks on this machine. */
  awakeMs: z.number(),
});
export type Counts = z.infer<typeof countsSchema>;

export const KINDS = ["heartbeat", "message", "reconnect", "alarm", "command"] as const;
export type Kind = (typeof KINDS)[number];

export const CSMS_KINDS = ["none", "url", "link"] as const;
/** Who answers: Kerbside itself, a CSMS over HTTP, or one on its own socket. */
export type CsmsKind = (typeof CSMS_KINDS)[number];

const count = z.int().min(0);
const measurementSchema = z.strictObject({
  measuredAt: z.string(),
  webhooks: count,
  csms: z.strictObject({ kind: z.enum(CSMS_KINDS), thinkMs: count }).default({ kind: "none", thinkMs: 0 }),
  /** ms that a webhook took in the day, whose time is in `awakeMs` then; 0: it answered at once, and its time is assumed. */
  receiverMs: count.default(0),
  traffic: z.strictObject({ heartbeats: count, messages: count, reconnects: count, commands: count }),
  /** How often each happened in the day, and what it came to in all. Alarms are the day's, whatever set them. */
  kinds: z.record(z.enum(KINDS), z.strictObject({ times: count, counts: countsSchema })),
  /** The same by the station's action. */
  actions: z.record(z.string(), z.strictObject({ times: count, counts: countsSchema })),
  /** The directory's part, which comes later and belongs to no one step. */
  directory: z.strictObject({
    transitions: count,
    rowsWritten: z.number(),
    rowsRead: z.number(),
    /** Times that the fleet's counters were written, once a batch, and their rows, which are not among those above. */
    counterWrites: count.default(0),
    counterRows: z.number().default(0),
  }),
  storedBytes: count,
  logLines: count,
  /** CPU time of workerd for one of each, the object awake: its HTTP and sockets included. */
  cpuMs: z.strictObject({ heartbeat: z.number(), message: z.number(), reconnect: z.number() }),
});
export type Measurement = z.infer<typeof measurementSchema>;

export const NO_COUNTS = Object.fromEntries(Object.keys(countsSchema.shape).map((key) => [key, 0])) as Counts;

export function combine(a: Counts, b: Counts, by: (a: number, b: number) => number): Counts {
  const keys = Object.keys(NO_COUNTS) as (keyof Counts)[];
  return Object.fromEntries(keys.map((key) => [key, by(a[key], b[key])])) as Counts;
}

export const plus = (a: Counts, b: Counts): Counts => combine(a, b, (x, y) => x + y);
export const minus = (a: Counts, b: Counts): Counts => combine(a, b, (x, y) => x - y);
export const times = (counts: Counts, factor: number): Counts => combine(counts, counts, (x) => x * factor);

/** A run: with the webhooks that were asked for, with none, and where there is a CSMS, with the same asked the other way. */
const runSchema = z.object({
  subscribed: measurementSchema,
  alone: measurementSchema,
  beside: measurementSchema.optional(),
});
export type Run = z.infer<typeof runSchema>;

/** @throws where it is no measurement of this release */
export const readRun = (text: string): Run => runSchema.parse(JSON.parse(text));
