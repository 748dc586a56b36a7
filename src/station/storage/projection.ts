/**
 * What the events of a log come to: the station's status and its connection. Must not know where events are kept.
 */
import type { StationEvent } from "../../delivery/event.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { observe, observeVersion } from "../../ocpp/station-status.ts";
import { fields, nullable, record, text } from "../../shape.ts";
import type { DeliveryFacts, LoggedConnection } from "./facts.ts";
import { withEnded } from "./past-connections.ts";

/** What is read of an `ocpp.call`. */
export interface LoggedCall {
  protocol: Protocol;
  messageId: string;
  action: string;
  payload: Record<string, unknown>;
  answer: Record<string, unknown> | null;
}

/** What is read of an event, which any release may have written; one that lacks it says nothing. */
const CONNECTION = fields({ connectionId: text, protocol: text });
const CALL = fields({ protocol: text, action: text, payload: record, answer: nullable(record) });

type Projection = Pick<DeliveryFacts, "status" | "connection" | "past">;

/** What changes by one more event. */
export function project({ status, past }: Projection, event: StationEvent): Partial<Projection> {
  if (event.type === "ocpp.station.connected") {
    if (CONNECTION(event.data) !== null) return {};
    const connection = event.data as LoggedConnection;
    return { connection, status: observeVersion(status, connection.protocol as Protocol) };
  }
  if (event.type === "ocpp.station.disconnected") {
    const ended = withEnded(past, event.data, event.at);
    return { connection: null, ...(ended !== undefined && { past: ended }) };
  }
  if (event.type !== "ocpp.call" || CALL(event.data) !== null) return {};
  const { protocol, action, payload, answer } = event.data as LoggedCall;
  if (answer === null || "error" in answer) return {};
  return { status: observe(status, protocol, action, payload, { payload: answer }, event.at) };
}
