/**
 * Frames of OCPP-J as rows, and what an answer adds to the row of its CALL. Must not know which rows there are.
 */
import { type Answer, type Row, row } from "./row.ts";

/** [OCPP-J 1.6 §4.2, OCPP 2.1 P4 §4.2] */
const [CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND] = [2, 3, 4, 5, 6];

export interface Framed {
  at: string;
  sequence?: number;
  direction: "in" | "out";
}

export type Reading =
  | { kind: "row"; row: Row }
  /** `direction`: of the CALL that it answers. */
  | { kind: "answer"; direction: "in" | "out"; messageId: string; answer: Answer };

export function readFrame(id: number, { at, sequence, direction }: Framed, frame: readonly unknown[]): Reading {
  const [type, messageId, ...rest] = frame;
  const head = { id, at, direction, sequence: sequence ?? null };
  const isNamed = typeof messageId === "string";
  if ((type === CALL || type === SEND) && isNamed && typeof rest[0] === "string") {
    const [action, payload] = rest;
    const [kind, state] = type === CALL ? (["call", "waiting"] as const) : (["send", "none"] as const);
    return { kind: "row", row: row({ ...head, kind, action, messageId, state, text: textOf(payload) }) };
  }
  const answers = direction === "in" ? "out" : "in";
  if (type === CALLRESULT && isNamed)
    return { kind: "answer", direction: answers, messageId, answer: { at, text: textOf(rest[0]), error: null } };
  if (type === CALLERROR || (type === CALLRESULTERROR && isNamed)) {
    const [code, description, details] = rest;
    const error = { code: String(code ?? ""), description: String(description ?? "") };
    const answer = { at, text: textOf(details), error };
    // [OCPP 2.1 P4 §4.2.4] It comes from who asked.
    const of = type === CALLERROR ? answers : direction;
    return { kind: "answer", direction: of, messageId: isNamed ? messageId : "", answer };
  }
  return { kind: "row", row: unreadable(head, textOf(frame)) };
}

export const unreadable = (head: Pick<Row, "id" | "at" | "direction">, text: string): Row =>
  row({ ...head, kind: "unreadable", text, note: "no message of OCPP" });

export const textOf = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value));

/** [docs/api.md] The edge's description of what it refuses begins with where that is. */
const PATH = /^(\/[^\s:]*): /;

export function settle(row: Row, answer: Answer): void {
  row.answer = answer;
  const ms = answer.at === null ? Number.NaN : Date.parse(answer.at) - Date.parse(row.at);
  row.latencyMs = Number.isFinite(ms) ? Math.max(0, ms) : null;
  const path = answer.error === null ? null : PATH.exec(answer.error.description)?.[1];
  if (answer.error === null) row.state = "answered";
  else if (path === null || path === undefined || row.direction === "out") row.state = "failed";
  else {
    row.state = "refused";
    row.path = path === "/" ? "" : path;
  }
}

/** Stands beside what it was to answer, which nobody knows here. */
export const lonely = (head: Pick<Row, "id" | "at" | "direction">, messageId: string, answer: Answer): Row =>
  row({
    ...head,
    ...{ kind: "answer", messageId, answer, state: answer.error === null ? "answered" : "failed" },
    note: "an answer to no CALL that is shown here",
  });
