/**
 * How many stations' certificates end soon, as the directory knows them. Must not know who asks, nor what becomes of them.
 */
import { gaugeOf, type Metric } from "./metric.ts";

/** Days until the end, each with all that is nearer; 0: it has ended. */
const DAYS = [0, 1, 7, 14, 30] as const;
const DAY_MS = 86_400_000;
/** Certificates that are looked at, those that end first: beyond them the figures are those of so many. */
const LOOKED_AT_MAX = 10_000;
const ENDING = `SELECT ${DAYS.map((days) => `count(CASE WHEN ends <= ?1 + ${days * DAY_MS} THEN 1 END) AS within${days}`).join(", ")}
  FROM (SELECT certificate_not_after AS ends FROM stations INDEXED BY stations_certificate
    WHERE certificate_not_after <= ?1 + ${(DAYS.at(-1) ?? 0) * DAY_MS} AND deregistered = 0
    ORDER BY certificate_not_after LIMIT ${LOOKED_AT_MAX})`;

/** @param now ms since the epoch */
export async function certificateGauges(directory: D1Database, now: number): Promise<Metric[]> {
  const row = await directory.prepare(ENDING).bind(now).first<Record<string, number>>();
  const samples = DAYS.map((days) => ({ labels: { days: String(days) }, value: row?.[`within${days}`] ?? 0 }));
  const help = `Charging Stations whose last connection's certificate ends within so many days (0: has ended); of ${LOOKED_AT_MAX} at most.`;
  return [gaugeOf("kerbside_certificates_ending", help, samples)];
}
