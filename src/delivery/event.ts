/**
 * The events a backend gets, and their CloudEvents form. Must not know where events are kept or sent.
 */
export const EVENT_TYPES = [
  "ocpp.station.connected",
  "ocpp.station.disconnected",
  "ocpp.call",
  "ocpp.call.refused",
  "ocpp.command.completed",
  "ocpp.security",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface CallData {
  protocol: string;
  messageId: string;
  action: string;
  payload: Record<string, unknown>;
  /** The CALLRESULT's payload, or `{ error }` where the station got a CALLERROR; `null` for a SEND. */
  answer: unknown;
  answeredBy: "edge" | "csms";
  /** What lenient validation let pass in the payload. */
  deviations?: readonly { path: string; kind: string; message: string }[];
}

/** A CALL that got a CALLERROR of the edge, and that no CSMS was asked about or could answer. */
export interface RefusedCallData {
  protocol: string;
  messageId: string;
  action: string;
  /** As it was sent, an object or not; of a frame that is no JSON its beginning, as text. */
  payload: unknown;
  code: string;
  description: string;
  /** JSON pointer into the payload; "": the message as a whole. */
  path: string;
  /** Refusals since the last such event that were only counted. */
  suppressedBefore: number;
}

/** One row of a station's message log. */
export interface StationEvent {
  /** Strictly rises per station. */
  sequence: number;
  /** ms since the epoch. */
  at: number;
  type: EventType;
  data: unknown;
}

/** [CloudEvents 1.0.2 §3, JSON batch §4] */
export interface CloudEvent {
  specversion: "1.0";
  id: string;
  source: string;
  subject: string;
  type: EventType;
  time: string;
  datacontenttype: "application/json";
  sequence: number;
  data: unknown;
}

/** @param incarnation random for each registration, so that a station registered anew repeats no id. */
export function toCloudEvent(stationId: string, incarnation: string, event: StationEvent): CloudEvent {
  return {
    specversion: "1.0",
    id: eventId(incarnation, event.sequence),
    source: `/stations/${encodeURIComponent(stationId)}`,
    subject: stationId,
    type: event.type,
    time: new Date(event.at).toISOString(),
    datacontenttype: "application/json",
    sequence: event.sequence,
    data: event.data,
  };
}

/** The same on every retry. Holds no dot: Standard Webhooks signs `id.timestamp.body`. */
export const eventId = (incarnation: string, sequence: number): string => `${incarnation}-${sequence}`;
