/**
 * Which station a command was for, or which shows a certificate: by what names it exactly. Must not know how stations are listed, and
 * asks none.
 */
import { parseJson } from "../json.ts";
import { lackingLabels, type Reach } from "../security/fleet-part.ts";

export type FoundStation = { stationId: string; online: boolean } & (
  | { by: "command"; commandId: string }
  | { by: "certificate"; fingerprint: string }
);

/** Stations that show one certificate and are looked at: mostly it is one. */
const FOUND_MAX = 100;
/** ms by which a command's id may be ahead of the time that it was made at: where many are made at once. */
const AHEAD_MAX_MS = 1_000;

const COLUMNS = "s.station_id AS stationId, s.labels, s.online";
/** There are a few dozen actors: one look for each. */
const AUDITED = `WITH RECURSIVE actors(name) AS (
    SELECT min(actor) FROM audit
    UNION ALL SELECT (SELECT min(actor) FROM audit WHERE actor > name) FROM actors WHERE name IS NOT NULL)
  SELECT ${COLUMNS} FROM actors JOIN audit ON audit.actor = actors.name AND audit.at BETWEEN ?2 AND ?3 AND audit.id = ?1
    JOIN stations AS s ON s.station_id = audit.station_id WHERE audit.kind = 'command.sent' LIMIT 1`;
const OF_CAMPAIGN = `SELECT ${COLUMNS} FROM campaign_members AS m INDEXED BY campaign_members_command
  JOIN stations AS s ON s.station_id = m.station_id WHERE m.command_id = ?1 LIMIT 1`;
const BY_CERTIFICATE = `SELECT ${COLUMNS} FROM stations AS s INDEXED BY stations_certificate_key
  WHERE s.certificate_key = ?1 ORDER BY s.station_id LIMIT ${FOUND_MAX}`;

interface Row {
  stationId: string;
  labels: string;
  online: number;
}

/** None where it is the name of neither. What is outside of the reach is not there. */
export async function findStations(directory: D1Database, reach: Reach, asked: string): Promise<FoundStation[]> {
  const name = asked.trim().toLowerCase();
  const fingerprint = name.replaceAll(":", "");
  if (/^[0-9a-f]{64}$/.test(fingerprint)) {
    const { results } = await directory.prepare(BY_CERTIFICATE).bind(`sha256:${fingerprint}`).all<Row>();
    return results
      .filter((row) => isWithin(reach, row))
      .map((row) => ({ ...stationOf(row), by: "certificate", fingerprint }));
  }
  const madeAt = madeAtOf(name);
  if (madeAt === null) return [];
  const [audited, ofCampaign] = await directory.batch<Row>([
    directory.prepare(AUDITED).bind(name, madeAt - AHEAD_MAX_MS, madeAt),
    directory.prepare(OF_CAMPAIGN).bind(name),
  ]);
  const row = audited?.results[0] ?? ofCampaign?.results[0];
  return row === undefined || !isWithin(reach, row) ? [] : [{ ...stationOf(row), by: "command", commandId: name }];
}

/** [RFC 9562 §5.7] ms since the epoch; `null`: it is no command's id. */
function madeAtOf(id: string): number | null {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.exec(id) ?? [];
  return high === undefined || low === undefined ? null : Number.parseInt(high + low, 16);
}

function isWithin(reach: Reach, { stationId, labels }: Row): boolean {
  if (reach === "all") return true;
  if ("prefix" in reach) return stationId.startsWith(reach.prefix);
  return lackingLabels(reach, parseJson<Record<string, string>>(labels)).length === 0;
}

const stationOf = ({ stationId, online }: Row) => ({ stationId, online: online === 1 });
