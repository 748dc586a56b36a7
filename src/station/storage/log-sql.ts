/**
 * What SQL can tell of a row of the log by the beginning of its data. Must not know what is done with the rows.
 */
import { TRANSACTIONAL } from "../../ocpp/actions.ts";
import { OBSERVED_ACTIONS } from "../../ocpp/station-status.ts";

/** Bytes of a row's data, which SQLite knows without reading it. */
export const BYTES = "octet_length(data)";

/** In front of an action come key, protocol and messageId, whose quotes are escaped: the payload, however large, is not parsed. */
const FROM = `instr(data, '"action":"') + 10`;
const ACTION = `substr(data, ${FROM}, instr(substr(data, ${FROM}, 64), '"') - 1)`;

/** Of events that have an action of a message. */
export const isOfAction = (parameter: string): string =>
  `(type IN ('ocpp.call', 'ocpp.call.refused', 'ocpp.command.completed') AND ${ACTION} = ${parameter})`;

const isCallOf = (actions: Iterable<string>): string =>
  `(type = 'ocpp.call' AND ${ACTION} IN (${Array.from(actions, (action) => `'${action}'`).join(", ")}))`;

export const IS_TRANSACTION = isCallOf(TRANSACTIONAL);
/** What a station's status and connection are made of. */
export const IS_PROJECTED = `(type IN ('ocpp.station.connected', 'ocpp.station.disconnected') OR ${isCallOf(OBSERVED_ACTIONS)})`;
