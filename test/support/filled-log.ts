/**
 * Writes events into a station's log while no edge runs, as many and as large as a long outage leaves them. Must not know what
 * a test expects.
 */
import { DatabaseSync } from "node:sqlite";
import { stationFile } from "../../src/local/state/station-files.ts";

export interface Filling {
  events: number;
  /** Of each event's payload; a third of its bytes where they are `wide`. */
  characters: number;
  action?: string;
  /** Three bytes of UTF-8 each. */
  wide?: boolean;
}

/** Behind the newest event. @param dir a workerd's folder */
export function fillLog(
  dir: string,
  stationId: string,
  { events, characters, action = "DataTransfer", wide }: Filling,
) {
  const database = new DatabaseSync(stationFile(dir, stationId));
  try {
    const text = (wide ? "€" : "x").repeat(characters);
    const payload = `{"vendorId":"v","data":"${text}"}`;
    const end = `","action":"${action}","payload":${payload},"answer":{"status":"Accepted"},"answeredBy":"edge"}`;
    database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO log SELECT (SELECT max(sequence) FROM log) + i, ?2, 'ocpp.call',
           '{"protocol":"ocpp1.6","messageId":"filled-' || i || ?3 FROM n`,
      )
      .run(events, Date.now(), end);
  } finally {
    database.close();
  }
}

/** Bytes of the largest row of a kind. */
export function largestRow(dir: string, stationId: string, table: "log" | "facts", where = "true"): number {
  const database = new DatabaseSync(stationFile(dir, stationId), { readOnly: true });
  try {
    const column = table === "log" ? "data" : "value";
    const row = database.prepare(`SELECT max(octet_length(${column})) AS bytes FROM ${table} WHERE ${where}`).get();
    return Number((row as { bytes: number }).bytes);
  } finally {
    database.close();
  }
}

/** Bytes and events of a whole log. */
export function logSize(dir: string, stationId: string): { bytes: number; events: number } {
  const database = new DatabaseSync(stationFile(dir, stationId), { readOnly: true });
  try {
    const row = database.prepare("SELECT total(octet_length(data)) AS bytes, count(*) AS events FROM log").get();
    return row as unknown as { bytes: number; events: number };
  } finally {
    database.close();
  }
}
