/**
 * What of the log the CSMS's own socket is to be told next, and how far it was told. Must not know sockets.
 */
import type { CallData, StationEvent } from "../../delivery/event.ts";
import { LINK } from "../delivery/sinks.ts";
import type { EventLog } from "../storage/event-log.ts";

/** The first CALL that it does not know; `null`: it knows all. @param answered the id of the one that it answered last itself */
export function nextEvent(log: EventLog, answered: string | undefined): StationEvent | null {
  const cursor = log.cursorOf(LINK);
  if (cursor === undefined || cursor.acknowledged >= log.head) return null;
  let known = cursor.acknowledged;
  let next: StationEvent | null = null;
  const isAll = log.read(cursor, (event) => {
    const { messageId, answeredBy } = event.data as Partial<CallData>;
    const isOwn = answeredBy === "csms" && messageId !== undefined && messageId === answered;
    if (event.type === "ocpp.call" && !isOwn) {
      next = event;
      return false;
    }
    known = event.sequence;
    return true;
  });
  advance(log, isAll ? log.head : known);
  return next;
}

export function advance(log: EventLog, acknowledged: number): void {
  const cursor = log.cursorOf(LINK);
  if (cursor !== undefined && acknowledged > cursor.acknowledged) log.advance(LINK, { ...cursor, acknowledged });
}
