/**
 * How the fleet stands: who is connected, and what waits to be delivered. Read from the directory, which is a copy. Must not know
 * how it is shown.
 */
import { configOf } from "../../config.ts";
import type { Env } from "../../env.ts";
import { LOOKED_AT_MAX, type ProfileBacklog, readBacklog } from "../backlog.ts";
import { countStations, type FleetCount } from "../fleet-sums.ts";
import { campaignGauges } from "./campaign-gauges.ts";
import { certificateGauges } from "./certificate-gauges.ts";
import { cohortGauge } from "./cohorts.ts";
import { gaugeOf, type Labels, type Metric } from "./metric.ts";

/** Of each part of the fleet what it says of itself; a new one adds its own. */
const SOURCES: readonly ((env: Env, now: number) => Promise<Metric[]>)[] = [
  ({ DIRECTORY }) => countStations(DIRECTORY).then(stationGauges),
  ({ DIRECTORY }, now) => backlogGauges(DIRECTORY, now),
  ({ DIRECTORY }) => campaignGauges(DIRECTORY),
  ({ DIRECTORY }, now) => certificateGauges(DIRECTORY, now),
  (env, now) => cohortGauge(env.DIRECTORY, configOf(env).METRICS_LABEL ?? null, now),
];

export const readGauges = async (env: Env, now: number): Promise<Metric[]> =>
  (await Promise.all(SOURCES.map((read) => read(env, now)))).flat();

function stationGauges(counts: readonly FleetCount[]): Metric[] {
  const byProfile = ({ registeredProfile }: FleetCount): Labels => ({ security_profile: String(registeredProfile) });
  const gauge = (name: string, help: string, figureOf: (count: FleetCount) => number) =>
    gaugeOf(
      name,
      help,
      counts.map((count) => ({ labels: byProfile(count), value: figureOf(count) })),
    );
  return [
    gauge(
      "kerbside_stations_registered",
      "Charging Stations registered, by their registered profile.",
      ({ stations }) => stations,
    ),
    gaugeOf(
      "kerbside_stations_online",
      "Charging Stations connected, by the connection's protocol and profile.",
      counts
        .filter(({ online }) => online)
        .map(({ protocol, securityProfile, stations }) => ({
          labels: { protocol: String(protocol), security_profile: String(securityProfile) },
          value: stations,
        })),
    ),
    gauge(
      "kerbside_stations_undelivered",
      "Charging Stations whose events some webhook does not take or was not given, by their registered profile.",
      ({ undelivered }) => undelivered,
    ),
    gauge(
      "kerbside_dead_letters",
      "Events given up since the last replay, of each station's worst served webhook, by the station's profile.",
      ({ deadLetters }) => deadLetters,
    ),
  ];
}

async function backlogGauges(directory: D1Database, now: number): Promise<Metric[]> {
  const { results } = await readBacklog(directory).all<ProfileBacklog>();
  const labels = (profile: number): Labels => ({ security_profile: String(profile) });
  return [
    gaugeOf(
      "kerbside_outbox_events",
      `Events that wait for the worst served webhook of stations in trouble, as these said last; of ${LOOKED_AT_MAX} at most.`,
      results.map(({ profile, events }) => ({ labels: labels(profile), value: events ?? 0 })),
    ),
    gaugeOf(
      "kerbside_outbox_oldest_seconds",
      "Age of the oldest of them.",
      results.flatMap(({ profile, since }) =>
        since === null ? [] : { labels: labels(profile), value: Math.max(0, Math.round((now - since) / 1000)) },
      ),
    ),
  ];
}
