/**
 * How many stations are connected by the values of one label, a few of them. Must not know which label, nor how it is shown.
 */
import { parseJson } from "../../json.ts";
import { gaugeOf, type Metric } from "./metric.ts";

/** Values that are told apart; the others are one. */
const VALUES_MAX = 20;
const OTHER = "other";
/** ms for which a count stands: it reads two rows for each station that has the label. */
const COUNTED_EVERY_MS = 300_000;

/** The largest by all that are registered, so that they stay the same while stations come and go. */
const COUNT = `WITH largest AS (
    SELECT value FROM station_labels WHERE name = ?1 GROUP BY value ORDER BY count(*) DESC, value LIMIT ${VALUES_MAX})
  SELECT CASE WHEN label.value IN (SELECT value FROM largest) THEN label.value ELSE '${OTHER}' END AS value,
    coalesce(protocol, 'none') AS protocol, coalesce(security_profile, -1) AS securityProfile, count(*) AS stations
  FROM station_labels AS label JOIN stations USING (station_id) WHERE label.name = ?1 AND online = 1 GROUP BY 1, 2, 3`;
const KEEP = `INSERT INTO metrics VALUES ('cohorts', ?1, '[]', ?2)
  ON CONFLICT (name) DO UPDATE SET sums = excluded.sums, at = excluded.at`;

interface Cohort {
  value: string;
  protocol: string;
  securityProfile: number;
  stations: number;
}

/** @param label `null`: none is asked for */
export async function cohortGauge(directory: D1Database, label: string | null, now: number): Promise<Metric[]> {
  if (label === null) return [];
  const cohorts = await cohortsOf(directory, label, now);
  return [
    gaugeOf(
      "kerbside_stations_online_by_label",
      "Charging Stations connected that have the label METRICS_LABEL, by its value; counted every five minutes at most.",
      cohorts.map(({ value, protocol, securityProfile, stations }) => ({
        labels: { label, value, protocol, security_profile: String(securityProfile) },
        value: stations,
      })),
    ),
  ];
}

async function cohortsOf(directory: D1Database, label: string, now: number): Promise<Cohort[]> {
  const kept = await directory
    .prepare("SELECT sums, at FROM metrics WHERE name = 'cohorts'")
    .first<{ sums: string; at: number }>();
  if (kept !== null && now >= kept.at && now - kept.at < COUNTED_EVERY_MS) {
    const known = parseJson<{ label: string; cohorts: Cohort[] }>(kept.sums);
    if (known.label === label) return known.cohorts;
  }
  const { results: cohorts } = await directory.prepare(COUNT).bind(label).all<Cohort>();
  await directory.prepare(KEEP).bind(JSON.stringify({ label, cohorts }), now).run();
  return cohorts;
}
