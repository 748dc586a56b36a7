/**
 * The rows of a log as events again, and what those come to that are newer than what is saved of a log. Must not know where
 * either is kept.
 */
import { parseJson } from "../../json.ts";
import type { EventType, StationEvent } from "../../delivery/event.ts";
import { EMPTY_STATUS } from "../../ocpp/station-status.ts";
import { isRecord } from "../../shape.ts";
import { project } from "./projection.ts";
import { unkeyed } from "./repetitions.ts";
import type { DeliveryFacts } from "./facts.ts";
import type { LogRow, NewestRow } from "./store.ts";

/** Whose log it is. */
export interface LogOwner {
  /** Of the registration: part of every event id. */
  incarnation: string;
  /** The log's first sequence is the one behind it: what came before is of an earlier registration. */
  floor: number;
}

/** What is known of a log that has no event. */
export const NOTHING: DeliveryFacts = { cursors: {}, status: EMPTY_STATUS, connection: null, statusSequence: 0 };

/** Of whatever release wrote it: its type may be one of later, its data lack what was added since. Data that nobody can read is none. */
export function toEvent(row: LogRow): StationEvent {
  const event = keptEvent(row);
  if (event.type !== "ocpp.call") return event;
  // [interface.md §2] What a backend gets has no such field.
  const { latencyMs: _, ...data } = event.data;
  return { ...event, data };
}

/** The same with what is kept for its history alone. */
export function keptEvent({ type, data, ...row }: LogRow): StationEvent & { data: Record<string, unknown> } {
  const parsed = readable(data);
  return { ...row, type: type as EventType, data: type === "ocpp.call" ? unkeyed(parsed) : parsed };
}

/** Never throws: one row that is damaged would hold up all behind it, or the station itself. */
function readable(data: string): Record<string, unknown> {
  try {
    const parsed = parseJson(data);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

type Folded = Pick<DeliveryFacts, "status" | "connection" | "past"> & { head: number; bytes: number };

/** @param floor the last sequence of an earlier registration, whose events may still be there */
export function foldedIn(saved: DeliveryFacts, floor: number, newest: readonly NewestRow[]): Folded {
  const { status, connection, statusSequence: head, past } = saved;
  let folded: Folded = { status, connection, ...(past !== undefined && { past }), head, bytes: 0 };
  for (const { bytes, data, ...row } of newest) {
    if (row.sequence <= floor) continue;
    if (data !== null) folded = { ...folded, ...project(folded, toEvent({ ...row, data })) };
    folded.head = row.sequence;
    folded.bytes += bytes;
  }
  return folded;
}
