/**
 * Health, and /metrics in Prometheus' text format. TLS and mTLS are told apart in every figure; must not name a station.
 */
import { configOf } from "../config.ts";
import { countStations, type FleetCount } from "../fleet/fleet-sums.ts";
import type { Handlers } from "./call.ts";

export const operationHandlers: Handlers<"getHealth" | "getMetrics"> = {
  getHealth({ c }) {
    // A deployment that cannot read its settings is not healthy.
    configOf(c.env);
    return c.json({ status: "ok" });
  },

  async getMetrics({ c }) {
    const text = exposition(await countStations(c.env.DIRECTORY));
    return c.text(text, 200, { "content-type": "text/plain; version=0.0.4" });
  },
};

function exposition(counts: FleetCount[]): string {
  const byProfile = ({ registeredProfile }: FleetCount) => `security_profile="${registeredProfile}"`;
  const registered = sum(counts, byProfile);
  const online = sum(
    counts.filter((count) => count.online),
    ({ protocol, securityProfile }) => `protocol="${protocol}",security_profile="${securityProfile}"`,
  );
  return [
    ...gauge("kerbside_stations_registered", "Charging Stations registered, by their registered profile.", registered),
    ...gauge(
      "kerbside_stations_online",
      "Charging Stations connected, by the connection's protocol and profile.",
      online,
    ),
    ...gauge(
      "kerbside_stations_undelivered",
      "Charging Stations whose events some webhook does not take or was not given, by their registered profile.",
      sum(counts, byProfile, ({ undelivered }) => undelivered),
    ),
    ...gauge(
      "kerbside_dead_letters",
      "Events given up since the last replay, of each station's worst served webhook, by the station's profile.",
      sum(counts, byProfile, ({ deadLetters }) => deadLetters),
    ),
    "",
  ].join("\n");
}

function sum(
  counts: FleetCount[],
  labelsOf: (count: FleetCount) => string,
  figureOf = ({ stations }: FleetCount): number => stations,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const count of counts) sums.set(labelsOf(count), (sums.get(labelsOf(count)) ?? 0) + figureOf(count));
  return sums;
}

const gauge = (name: string, help: string, values: Map<string, number>): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} gauge`,
  ...Array.from(values, ([labels, value]) => `${name}{${labels}} ${value}`),
];
