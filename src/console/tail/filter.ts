/**
 * Which rows of a tail are shown. Must not know how they are drawn.
 */
import { isFaulty, type Row } from "./row.ts";

export interface Filter {
  /** Of an action or a messageId, in letters of any size; "": all. */
  text: string;
  direction: "all" | "in" | "out";
  /** `faults`: refused, failed, malformed, unanswered, or let pass though it is wrong. */
  type: "all" | "calls" | "faults" | "connections";
}

export const EVERYTHING: Filter = { text: "", direction: "all", type: "all" };

export function shown(rows: readonly Row[], filter: Filter): readonly Row[] {
  const { text, direction, type } = filter;
  if (text === "" && direction === "all" && type === "all") return rows;
  const wanted = text.trim().toLowerCase();
  return rows.filter(
    (row) =>
      // What is not there concerns every filter.
      row.kind === "gap" ||
      ((direction === "all" || row.direction === direction) &&
        isOfType(row, type) &&
        (wanted === "" || row.action.toLowerCase().includes(wanted) || row.messageId.toLowerCase().includes(wanted))),
  );
}

function isOfType(row: Row, type: Filter["type"]): boolean {
  switch (type) {
    case "all":
      return true;
    case "calls":
      return row.kind === "call" || row.kind === "send";
    case "faults":
      return isFaulty(row);
    case "connections":
      return row.kind === "connected" || row.kind === "disconnected";
  }
}
