/**
 * From transitions to the rows of the directory: what each holds, and the statements that write no row and touch no index for what
 * is as it was. Must not know who sends transitions, nor how rows are asked for.
 */
import { parseJson } from "../json.ts";
import { ONLINE_SINCE_NEVER } from "../list-cursor.ts";
import { isFingerprintKey } from "../security/revocation.ts";
import { offlineKind } from "./offline-reason.ts";
import { horizonOf, IS_NEW, REFUSALS_AFTER } from "./station-refusals.ts";
import type { Transition } from "./transition.ts";

/** What `?1` holds of each transition, for `json_each`. */
export function rowsOf(transitions: readonly Transition[]): string {
  return JSON.stringify(
    transitions.flatMap(({ station, backlog, counts: _, ...transition }) => {
      if (station === null) return [];
      const { disconnect, labels, vendor, model, serialNumber = null } = station;
      return {
        ...{ incarnation: "", revision: 0 },
        ...transition,
        ...{ ...station, labels: JSON.stringify(labels), serialNumber },
        // As station-refusals.ts asks for it.
        station: { connectedAt: station.connectedAt ?? null },
        deadLetters: station.deadLetters ?? 0,
        ...{ backlogEvents: backlog?.events ?? null, backlogSince: backlog?.since ?? null },
        certificateNotAfter: station.certificateNotAfter ?? null,
        ...keysOf(station.certificateKeys ?? []),
        hasCsms: station.hasCsms === true,
        disconnect: disconnect == null ? null : JSON.stringify(disconnect),
        disconnectedAt: disconnect?.at ?? null,
        offlineKind: offlineKind(disconnect),
        searchText: searchText([transition.stationId, vendor, model, serialNumber, ...Object.values(labels)]),
      };
    }),
  );
}

/** [security/revocation.ts] */
function keysOf([own, ...others]: readonly string[]) {
  return {
    certificateKey: own ?? null,
    certificateSerialKey: others.find((key) => !isFingerprintKey(key)) ?? null,
    certificateTwinKey: others.find(isFingerprintKey) ?? null,
  };
}

const searchText = (texts: readonly (string | null)[]): string => texts.map(smallLetters).join("\n");

/** As what is looked for is, too. NUL ends a text for the index. */
export const smallLetters = (text: string | null): string => (text ?? "").toLowerCase().replaceAll("\0", "\u0001");

const told = (name: string): string => `told.value ->> '${name}'`;
/** From a column to its name in `told`. */
type Columns = Readonly<Record<string, string>>;

/** Three kinds that change apart: an UPDATE costs a row written for each index that its columns are in, changed or not. */
const LIVE: Columns = {
  online: "online",
  protocol: "protocol",
  security_profile: "securityProfile",
  disconnect: "disconnect",
  offline_kind: "offlineKind",
  certificate_twin_key: "certificateTwinKey",
};
const DESCRIBED: Columns = {
  registered_profile: "registeredProfile",
  labels: "labels",
  vendor: "vendor",
  model: "model",
  serial_number: "serialNumber",
  certificate_not_after: "certificateNotAfter",
  certificate_key: "certificateKey",
  certificate_serial_key: "certificateSerialKey",
  has_csms: "hasCsms",
  undelivered: "undelivered",
  dead_letters: "deadLetters",
  search_text: "searchText",
};
/** Moves with each event of a station in trouble, and is in no index. */
const BACKLOG: Columns = { backlog_events: "backlogEvents", backlog_since: "backlogSince" };
const ORDER: Columns = { incarnation: "incarnation", sequence: "sequence", revision: "revision" };
/** Of one that never connected, or of which nobody said when: since it is known to be offline. */
const OFFLINE_SINCE = `CASE WHEN ${told("online")} THEN ${ONLINE_SINCE_NEVER}
  ELSE coalesce(${told("disconnectedAt")}, CASE WHEN offline_since = ${ONLINE_SINCE_NEVER} OR incarnation <> ${told("incarnation")}
    THEN ${told("at")} ELSE offline_since END) END`;
type Expressions = Readonly<Record<string, string>>;
const asTold = (columns: Columns): Expressions =>
  Object.fromEntries(Object.entries(columns).map(([column, name]) => [column, told(name)]));
const INSERTED: Expressions = {
  ...asTold({ station_id: "stationId", at: "at", changed_at: "at", ...ORDER, ...LIVE, ...DESCRIBED }),
  deregistered: "0",
  offline_since: `CASE WHEN ${told("online")} THEN ${ONLINE_SINCE_NEVER} ELSE coalesce(${told("disconnectedAt")}, ${told("at")}) END`,
};

const values = (columns: Expressions): string => Object.values(columns).join(", ");
const names = (columns: Columns): string => Object.keys(columns).join(", ");
const settings = (columns: Expressions): string =>
  Object.entries(columns)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
const differs = (columns: Columns): string => `(${names(columns)}) IS NOT (${values(asTold(columns))})`;

/** Whether a row of the directory says what a transition does, whenever it was told. */
export function isAsTold(row: Readonly<Record<string, unknown>>, transition: Transition): boolean {
  const [known] = parseJson<Record<string, unknown>[]>(rowsOf([transition]));
  const columns = Object.entries({ ...LIVE, ...DESCRIBED, incarnation: "incarnation" });
  const plain = (value: unknown) => (typeof value === "boolean" ? Number(value) : value);
  return columns.every(([column, name]) => row[column] === plain(known?.[name]));
}

/** No row: a transition makes none, a registration does. */
export const INSERT = `INSERT INTO stations (${names(INSERTED)})
  SELECT ${values(INSERTED)} FROM json_each(?1) AS told WHERE true ON CONFLICT DO NOTHING`;

/**
 * One after the other in one transaction: the last says how far the row has come, and a late or repeated transition changes nothing.
 * @param guard which registration they may be of
 */
const updates = (guard: string): string[] => {
  const isNewer = `station_id = ${told("stationId")} AND ${guard}
    AND (${told("sequence")}, ${told("revision")}) >= (stations.sequence, stations.revision)`;
  // With whatever else is written of a row goes how far it has come.
  const order = asTold({ ...ORDER, at: "at" });
  const changed = { ...order, changed_at: told("at") };
  const live = settings({ ...asTold(LIVE), offline_since: OFFLINE_SINCE, ...changed });
  const update = (set: string, isOther: string) =>
    `UPDATE stations SET ${set} FROM json_each(?1) AS told WHERE ${isNewer} AND (${isOther})`;
  return [
    update(`${live}, ${REFUSALS_AFTER}`, `${differs(LIVE)} OR ${IS_NEW}`),
    update(settings({ ...asTold(DESCRIBED), ...changed }), differs(DESCRIBED)),
    update(settings({ ...asTold(BACKLOG), ...order }), `${differs(BACKLOG)} OR ${differs(ORDER)}`),
  ];
};

/** What was deregistered stays away. A row of an older release has no incarnation yet. */
export const UPDATES = updates(`stations.incarnation IN ('', ${told("incarnation")})`);

/** Of a registration, which may be a new one. */
export const REGISTERED = [INSERT, ...updates("true")];

/** With what each of them asks for: `?1` the rows, `?2` as station-refusals.ts has it. */
export function statements(
  directory: D1Database,
  all: readonly string[],
  transitions: readonly Transition[],
  now: number,
): D1PreparedStatement[] {
  const rows = rowsOf(transitions);
  return all.map((text) => {
    const statement = directory.prepare(text);
    return text.includes("?2") ? statement.bind(rows, horizonOf(now)) : statement.bind(rows);
  });
}
