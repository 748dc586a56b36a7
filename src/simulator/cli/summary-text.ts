/**
 * A summary as text to read. Must not know where it is written.
 */
import type { BridgedFigures } from "../fleet/bridging.ts";
import type { Percentiles } from "../fleet/latencies.ts";
import { type Figures, type Summary, sumOf } from "../fleet/summary.ts";

const STATIONS_TO_DIVIDE_BY = 500;

export function summaryText(summary: Summary): string {
  const { scenario, seed, seconds, stations, certificates, limits, rounds } = summary;
  const lines = [
    "",
    `${scenario}, ${stations} stations, ${seconds.toFixed(1)} s, seed ${seed}`,
    "",
    ...table([
      ["", "", "stations", "connects", "p50", "p90", "p99", "max ms", "CALLs", "p50", "p90", "p99", "max ms", "failed"],
      ...summary.groups.map((group) => [group.profile, group.protocol, `${group.stations}`, ...measured(group)]),
      ["all", "", `${stations}`, ...measured(summary)],
    ]),
    "",
    `in at the end     ${summary.in} of ${stations}${listed(summary.missing)}`,
    `sessions          ${summary.sessions} charged ${(summary.energyWh / 1_000).toFixed(3)} kWh, ${summary.sessionsRefused} refused`,
    `messages          ${summary.boots} boots, ${summary.heartbeats} heartbeats, ${summary.meterValues} meter values`,
    `connections       ${summary.connectsPerSecond} a second over the run`,
  ];
  if (rounds > 0) lines.push(`rounds            ${rounds}${spread(", all back within", summary.recoveryMs)}`);
  if (certificates.issued > 0) {
    const key = certificates.sharedKey ? ", a shared key" : ", a key each";
    lines.push(`certificates      ${certificates.issued}, ${certificates.perSecond} a second${key}`);
  }
  for (const name of ["connectFailures", "callFailures", "drops", "commands"] as const) {
    if (sumOf(summary[name]) > 0)
      lines.push(`${TITLES[name].padEnd(18)}${sumOf(summary[name])}${listed(summary[name])}`);
  }
  if (summary.bridge !== null) lines.push(...bridgeLines(summary.bridge));
  if (summary.interrupted > 0) lines.push(`cut off           ${summary.interrupted} CALLs, by the simulator itself`);
  lines.push(
    `file descriptors  ${limits.fileDescriptorsUsed ?? "?"} of ${limits.fileDescriptors ?? "?"} used`,
    `memory            ${limits.rssMb} MB${kilobytesEach(summary)}`,
    `limits            ${limits.connectsAtOnce} connects and ${limits.registrationsAtOnce} registrations at once, ` +
      `${limits.connectsPerSecond} connects a second but in storms; a local edge takes about ${limits.stationsPerLocalEdge} stations`,
    "",
    summary.passed ? "passed: every station got in and no CALL failed" : "FAILED",
    "",
  );
  return lines.join("\n");
}

function bridgeLines({ csms, stations, linked, sockets, ...counts }: BridgedFigures): string[] {
  const { framesToCsms, framesToStations, answers, refusals, closes } = counts;
  return [
    `bridge            ${linked} of ${stations} stations linked, ${sockets.open ?? 0} with a socket at ${csms}`,
    `frames            ${framesToCsms} to the CSMS, which answered ${answers} CALLs, ${framesToStations} to stations`,
    `sockets           ${sumOf(refusals)} refused${listed(refusals)}, ${sumOf(closes)} closed${listed(closes)}`,
  ];
}

const TITLES = {
  connectFailures: "not connected",
  callFailures: "CALLs failed",
  drops: "dropped",
  commands: "commands",
};

function measured({ connectMs, callMs, callFailures }: Figures): string[] {
  return [...cells(connectMs), ...cells(callMs), `${sumOf(callFailures)}`];
}

const cells = ({ count, p50, p90, p99, max }: Percentiles): string[] => [
  `${count}`,
  ...[p50, p90, p99, max].map((ms) => (ms === null ? "-" : ms.toFixed(1))),
];

const spread = (title: string, { count, p50, max }: Percentiles): string =>
  count === 0 || p50 === null || max === null
    ? ""
    : `${title} ${(p50 / 1_000).toFixed(1)} s (p50), ${(max / 1_000).toFixed(1)} s (max)`;

function listed(tally: Record<string, number>): string {
  const entries = Object.entries(tally).sort(([, a], [, b]) => b - a);
  return entries.length === 0 ? "" : ` (${entries.map(([reason, count]) => `${count} × ${reason}`).join(", ")})`;
}

/** Of a few stations it would be the memory of the modules. */
function kilobytesEach({ limits, stations }: Summary): string {
  if (stations < STATIONS_TO_DIVIDE_BY) return "";
  return `, ${(((limits.rssMb - limits.rssMbBefore) * 1_024) / stations).toFixed(0)} KB a station`;
}

/** The first two columns are words, the others numbers. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
