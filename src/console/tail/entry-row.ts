/**
 * Events of the station's log as rows. Must not know which rows there are, nor trust what an entry holds: a newer edge may say more.
 */
import { textOf } from "./frame-row.ts";
import { type Deviation, type Row, type RowState, row } from "./row.ts";

/** [docs/history.md] */
export type Entry = Readonly<Record<string, unknown>>;

export function entryRow(id: number, entry: Entry): Row {
  const { type, at, direction, sequence } = entry;
  const head = {
    id,
    at: text(at),
    direction: direction === "in" || direction === "out" ? direction : null,
    sequence: typeof sequence === "number" ? sequence : null,
  } as const;
  switch (type) {
    case "ocpp.call":
    case "ocpp.call.refused":
    case "ocpp.command.completed":
      return callRow(head, entry, type);
    case "ocpp.station.connected":
    case "ocpp.station.disconnected":
      return row({
        ...head,
        kind: type === "ocpp.station.connected" ? "connected" : "disconnected",
        note: connectionNote(record(entry.connection)),
        text: textOf(entry.connection),
      });
    case "ocpp.security":
      return securityRow(head, record(entry.security));
    default:
      return row({ ...head, kind: "security", action: text(type), text: textOf(entry) });
  }
}

type Head = Pick<Row, "id" | "at" | "direction" | "sequence">;

function callRow(head: Head, entry: Entry, type: string): Row {
  const { answer, latencyMs, answeredBy, deviations, path, createdAt, sentAt, completedAt, suppressedBefore } = entry;
  const error = record(record(answer).error);
  const isError = typeof error.code === "string";
  // A command stands where it was sent, not where it was answered.
  const at = type === "ocpp.command.completed" ? text(sentAt ?? createdAt ?? entry.at) : head.at;
  return row({
    ...head,
    ...{ at, kind: "call", action: text(entry.action), messageId: text(entry.messageId) },
    state: stateOf(type, text(entry.state), isError, answer),
    // Refused and too long to keep, it is text already.
    text: entry.payload === null ? "" : entry.isCut === true ? text(entry.payload) : textOf(entry.payload),
    answer:
      answer === null || answer === undefined
        ? null
        : {
            at: type === "ocpp.command.completed" ? text(completedAt) : null,
            text: isError ? textOf(error.details) : textOf(answer),
            error: isError ? { code: text(error.code), description: text(error.description) } : null,
          },
    latencyMs: typeof latencyMs === "number" ? latencyMs : null,
    answeredBy: typeof answeredBy === "string" ? answeredBy : null,
    path: typeof path === "string" ? path : null,
    deviations: Array.isArray(deviations) ? deviations.map(deviation) : [],
    note: [
      entry.payload === null && type === "ocpp.command.completed" ? "its payload is kept no longer" : "",
      entry.isCut === true ? "the payload is cut" : "",
      typeof suppressedBefore === "number" && suppressedBefore > 0
        ? `${suppressedBefore} alike before it are not kept`
        : "",
      text(entry.state) === "" || isError || entry.state === "result" ? "" : `the command is ${text(entry.state)}`,
    ]
      .filter((each) => each !== "")
      .join("; "),
  });
}

function stateOf(type: string, state: string, isError: boolean, answer: unknown): RowState {
  if (type === "ocpp.call.refused") return "refused";
  if (isError) return "failed";
  if (type === "ocpp.command.completed") return state === "result" ? "answered" : "unanswered";
  return answer === null || answer === undefined ? "none" : "answered";
}

function securityRow(head: Head, security: Entry): Row {
  const kind = text(security.kind);
  const isFrame = kind === "malformed-frame";
  return row({
    ...head,
    kind: isFrame ? "unreadable" : "security",
    action: isFrame ? "" : kind,
    text: isFrame ? text(security.excerpt) : textOf(security),
    path: typeof security.path === "string" ? security.path : null,
    note: [text(security.reason), text(security.description)].filter((each) => each !== "").join(": "),
  });
}

/** How a connection came or went, in a line. */
export function connectionNote(connection: Entry): string {
  const { protocol, securityProfile, remoteAddress, code, reason } = connection;
  if (code !== undefined) return [`${text(code)}`, text(reason)].filter((each) => each !== "").join(" ");
  return [text(protocol), `profile ${text(securityProfile)}`, text(remoteAddress)]
    .filter((each) => each !== "")
    .join(", ");
}

const text = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);

const record = (value: unknown): Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Entry) : {};

const deviation = (value: unknown): Deviation => {
  const { path, kind, message } = record(value);
  return { path: text(path), kind: text(kind), message: text(message) };
};
