/**
 * What was seen from outside: by each station on its wire, by the backends at their doors, by the callers of the API.
 * Must not know the broker, nor judge anything. Times are ms since the epoch, by the right clock.
 */

export type Payload = Record<string, unknown>;
export type Answer = { payload: Payload } | { error: { code: string; description: string } };

/** A message that a station wants kept, through all its attempts. */
export interface StationMessage {
  action: string;
  payload: Payload;
  /** Of every attempt, in order. */
  messageIds: string[];
  /** The CALLRESULT's payload; `null`: it never got one. */
  acknowledged: Payload | null;
  acknowledgedAt: number;
  /** When it was first sent: it may have been kept from then on. */
  sentAt: number;
  /** When the connection was opened on which it was acknowledged. */
  connectedAt: number;
}

/** One CALL of the CSMS as it came to a station: two receipts are two entries. */
export interface StationCall {
  messageId: string;
  action: string;
  payload: Payload;
  /** What the station sent back; twice where it got the CALL twice. */
  answers: Answer[];
  /** When the connection was opened on which it came. */
  connectedAt: number;
}

/** A CALLERROR that a station got. */
export interface Refused {
  action: string;
  code: string;
  description: string;
}

/** A boot with a StatusNotification sent right behind it. */
export interface HastyBoot {
  version: string;
  status: string | null;
  /** What became of the StatusNotification; `null`: it was not answered. */
  behind: "taken" | "refused" | null;
}

export interface StationLedger {
  stationId: string;
  messages: StationMessage[];
  calls: StationCall[];
  refused: Refused[];
  hastyBoots: HastyBoot[];
  /** The serial number in the last boot that was accepted. */
  bootedAs: string | null;
}

export interface SeenEvent {
  id: string;
  sequence: number;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: data of any type of event
  data: any;
  /** The event as it came. */
  text: string;
}

/** One request to a webhook, in the order of their arrival. */
export interface Delivery {
  webhook: string;
  stationId: string;
  events: SeenEvent[];
  /** Whether a 2xx was sent. */
  acknowledged: boolean;
  at: number;
  /** When it was answered or broke off; until then for ever. */
  endedAt: number;
  /** ms that the answer told to wait. */
  retryAfterMs?: number;
  /** Its sender's log says nothing of that answer. */
  isUnread?: boolean;
}

/** As evidence: without what was in them. */
export const shownDeliveries = (deliveries: readonly Delivery[]): object[] =>
  deliveries.map(({ stationId: _, events, ...rest }) => ({
    ...rest,
    events: events.length,
    incarnations: [...new Set(events.map(incarnationOf))],
    to: events.at(-1)?.sequence,
  }));

export interface CommandRequest {
  key: string;
  stationId: string;
  action: string;
  retry: "never" | "if-unsent" | "always";
  /** The ids that came back for this key. */
  commandIds: string[];
  from: number;
  until: number;
}

/** A command as the API tells it in the end. */
export interface CommandView {
  commandId: string;
  stationId: string;
  action: string;
  state: string;
  payload?: Payload;
  error?: { code: string; description: string; origin?: string };
}

export interface StationView {
  stationId: string;
  online: boolean;
  queuedEvents: number;
  queuedCommands: number;
  /** The label by which the last PUT numbered the registration. */
  registration: string | null;
  bootedAs: string | null;
}

/** A command that was asked for just before a station was deregistered. */
export interface LastCommand {
  commandId: string | null;
  /** What the caller was told; `null`: nothing, or that there is no such station. */
  state: string | null;
}

export interface Deregistration {
  stationId: string;
  sentAt: number;
  /** When it was known to be done. */
  endedAt: number;
  /** Of each request that the edge had time for: ms to its answer, less what this process itself was late. */
  tookMs: number[];
  commands: LastCommand[];
}

/** A PUT that was answered 2xx, and the looks at what it made. */
export interface Registration {
  stationId: string;
  number: string;
  answeredAt: number;
  looks: { at: number; status: number; number: string | null }[];
}

/** A time in which the edge was down, from the kill on. */
export interface Interruption {
  from: number;
  until: number;
}

/** A webhook for as long as it was there and took these types. */
export interface Guest {
  webhook: string;
  types: string[];
  /** From the answer to its PUT on. */
  from: number;
  /** When what ended it was sent first; infinite: it was there to the end. */
  until: number;
  /** When that was answered: an edge that was down meanwhile had not heard of it before. */
  goneAt: number;
}

export interface HealthSample {
  at: number;
  /** To the answer, less what the measuring thread itself was late. */
  tookMs: number;
  status: number | null;
}

export interface Ledgers {
  stations: StationLedger[];
  deliveries: Delivery[];
  requests: CommandRequest[];
  commands: CommandView[];
  views: StationView[];
  /** Those that were there all along, with the types each takes; empty: all. */
  webhooks: Record<string, string[]>;
  guests: Guest[];
  deregistrations: Deregistration[];
  registrations: Registration[];
  /** Of each registration the number that the last PUT gave it. */
  lastNumbers: Record<string, string>;
  interruptions: Interruption[];
  clockJumps: number[];
  /** Calls for a replay. */
  replays: number[];
  health: HealthSample[];
  /** Processes at the calm end: the share of one core in each second, 0 to 1. */
  idle: { name: string; shares: number[] }[];
  /** Second starters that were not refused, first starts that came to nothing: what happened. */
  starts: string[];
  /** What counts as in time. */
  bounds: Bounds;
}

export interface Bounds {
  healthMs: number;
  deregisteredMs: number;
}

/** What every attempt of a message has in common, whatever its messageId: times and meters make it unique, of most stations. */
export const contentOf = (action: string, payload: Payload): string => `${action} ${JSON.stringify(payload)}`;

/** The registration under which an event was kept: its id is that of the registration and the sequence. */
export const incarnationOf = ({ id }: SeenEvent): string => id.slice(0, id.lastIndexOf("-"));

const TRANSACTIONAL = ["StartTransaction", "StopTransaction", "TransactionEvent"];
export const isTransactional = ({ action }: { action: string }): boolean => TRANSACTIONAL.includes(action);
