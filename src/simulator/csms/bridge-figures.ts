/**
 * What a bridge counted, read from its metrics, and the sum of several. Must not know how they were asked for.
 */

export interface BridgeFigures {
  stations: number;
  linked: number;
  /** Sockets at the CSMS, by state. */
  sockets: Record<string, number>;
  framesToCsms: number;
  framesToStations: number;
  /** CALLs of stations that the CSMS answered. */
  answers: number;
  /** Upgrades that were refused, by side and HTTP status: `csms 401`. */
  refusals: Record<string, number>;
  /** Sockets that closed, or never opened for another reason, by side. */
  closes: Record<string, number>;
}

const LINE = /^(kerbside_bridge_\w+)(?:\{(.*)\})? (\S+)$/gm;

export function bridgeFigures(metrics: string): BridgeFigures {
  const figures = noFigures();
  for (const [, name = "", labels = "", text = ""] of metrics.matchAll(LINE)) {
    const value = Number(text);
    const label = (key: string) => new RegExp(`\\b${key}="([^"]*)"`).exec(labels)?.[1] ?? "";
    switch (name) {
      case "kerbside_bridge_stations":
        figures.stations = value;
        break;
      case "kerbside_bridge_links":
        figures.linked = value;
        break;
      case "kerbside_bridge_csms_sockets":
        if (value > 0) figures.sockets[label("state")] = value;
        break;
      case "kerbside_bridge_frames_total":
        if (label("to") === "csms") figures.framesToCsms = value;
        else figures.framesToStations = value;
        break;
      case "kerbside_bridge_answer_seconds_count":
        figures.answers = value;
        break;
      case "kerbside_bridge_closed_total":
        if (label("status") === "closed") figures.closes[label("side")] = value;
        else figures.refusals[`${label("side")} ${label("status")}`] = value;
    }
  }
  return figures;
}

export function sumOfFigures(all: readonly BridgeFigures[]): BridgeFigures {
  const sum = noFigures();
  for (const each of all) {
    for (const name of ["stations", "linked", "framesToCsms", "framesToStations", "answers"] as const) {
      sum[name] += each[name];
    }
    for (const name of ["sockets", "refusals", "closes"] as const) {
      for (const [key, count] of Object.entries(each[name])) sum[name][key] = (sum[name][key] ?? 0) + count;
    }
  }
  return sum;
}

const noFigures = (): BridgeFigures => ({
  ...{ stations: 0, linked: 0, framesToCsms: 0, framesToStations: 0, answers: 0 },
  ...{ sockets: {}, refusals: {}, closes: {} },
});
