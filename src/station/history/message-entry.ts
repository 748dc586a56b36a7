/**
 * One event of a station's log as its history shows it: both sides of a CALL on one entry. Must not know where events are kept, nor who
 * reads them.
 */
import type { StationEvent } from "../../delivery/event.ts";
import { maskedPayload } from "../../security/masked-message.ts";
import { isRecord } from "../../shape.ts";
import type { MessageEntry } from "../station-rpc.ts";

/** Characters of a payload that was refused which are shown, as text where there are more. */
const REFUSED_MAX_LENGTH = 4_000;

type Data = Record<string, unknown>;

/** What hides what is nobody's to read, or leaves it. */
export type Veil = (value: unknown, action?: string) => unknown;

export const veilOf = (isMasked: boolean): Veil => (isMasked ? maskedPayload : (value) => value);

/** @param requestOf the payload that a command was sent with; `undefined`: it is not known any more */
export function messageEntry(event: StationEvent, veil: Veil, requestOf: (commandId: string) => unknown): MessageEntry {
  const { sequence, type } = event;
  const data = isRecord(event.data) ? event.data : {};
  const head = { sequence, at: new Date(event.at).toISOString(), type };
  switch (type) {
    case "ocpp.call":
      return { ...head, direction: "in", ...call(data, veil) };
    case "ocpp.call.refused":
      return { ...head, direction: "in", ...refusedCall(data, veil) };
    case "ocpp.command.completed":
      return { ...head, direction: "out", ...command(data, veil, requestOf) };
    case "ocpp.station.connected":
    case "ocpp.station.disconnected":
      return { ...head, direction: null, connection: data };
    case "ocpp.security":
      return { ...head, direction: data.kind === "malformed-frame" ? "in" : null, security: veil(data) };
    default:
      return unknownEvent(head, data, veil);
  }
}

/** A newer release may have written another. */
const unknownEvent = (head: Pick<MessageEntry, "sequence" | "at" | "type">, data: Data, veil: Veil): MessageEntry => ({
  ...head,
  direction: null,
  data: veil(data),
});

function call({ protocol, messageId, action, payload, answer, ...more }: Data, veil: Veil) {
  const { answeredBy = null, latencyMs = answeredBy === "edge" ? 0 : null, deviations } = more;
  const named = typeof action === "string" ? action : "";
  return {
    ...{ protocol, messageId, action, payload: veil(payload, named) },
    answer: answer === null ? null : veil(answer, named),
    ...{ answeredBy, latencyMs },
    ...(deviations !== undefined && { deviations }),
  };
}

function refusedCall(
  { protocol, messageId, action, payload, code, description, path, suppressedBefore }: Data,
  veil: Veil,
) {
  const shown = veil(payload, typeof action === "string" ? action : "");
  const text = JSON.stringify(shown) ?? "";
  const isCut = text.length > REFUSED_MAX_LENGTH;
  return {
    ...{ protocol, messageId, action },
    payload: isCut ? text.slice(0, REFUSED_MAX_LENGTH) : shown,
    answer: { error: { code, description, details: {} } },
    ...{ answeredBy: "edge", latencyMs: 0, path, suppressedBefore },
    ...(isCut && { isCut }),
  };
}

function command(data: Data, veil: Veil, requestOf: (commandId: string) => unknown) {
  const { commandId, action, state, payload, error, received, deviations, createdAt, sentAt, completedAt, actor } =
    data;
  const named = typeof action === "string" ? action : "";
  const request = typeof commandId === "string" ? requestOf(commandId) : undefined;
  const isAnswered = state === "result" || state === "error";
  const answer = error === undefined ? payload : { error };
  const origin = isRecord(error) ? error.origin : "station";
  return {
    ...{ messageId: commandId, action, payload: request === undefined ? null : veil(request, named) },
    answer: answer === undefined ? null : veil(answer, named),
    ...{ answeredBy: isAnswered ? origin : null, latencyMs: isAnswered ? between(sentAt, completedAt) : null },
    ...{ state, createdAt },
    ...(sentAt !== undefined && { sentAt }),
    ...(completedAt !== undefined && { completedAt }),
    ...(deviations !== undefined && { deviations }),
    ...(received !== undefined && { received: veil(received, named) }),
    ...(actor !== undefined && { actor }),
  };
}

/** ms; `null`: one of the times is none. */
function between(from: unknown, to: unknown): number | null {
  const ms = Date.parse(String(to)) - Date.parse(String(from));
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
