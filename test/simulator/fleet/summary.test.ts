import { expect, test } from "vitest";
import { parseArguments } from "../../../src/simulator/cli/arguments.ts";
import { demoLines } from "../../../src/simulator/cli/demo-display.ts";
import { mixesOf } from "../../../src/simulator/station/profile.ts";
import { FleetStatistics } from "../../../src/simulator/fleet/statistics.ts";
import { type Summary, summarise } from "../../../src/simulator/fleet/summary.ts";
import { summaryText } from "../../../src/simulator/cli/summary-text.ts";

const LIMITS = {
  fileDescriptors: 20_000,
  fileDescriptorsUsed: 60,
  rssMb: 200,
  rssMbBefore: 100,
  connectsAtOnce: 256,
  connectsPerSecond: 100,
  registrationsAtOnce: 16,
  stationsPerLocalEdge: 3_500,
};

function summaryOf(happen: (statistics: FleetStatistics) => void): Summary {
  const parsed = parseArguments(["--stations", "4", "--profile", "mtls,none", "--protocol", "ocpp1.6"], {}, 0);
  if (!parsed.ok || parsed.value === "help") throw new Error("bad arguments");
  const statistics = new FleetStatistics(mixesOf(parsed.value.profiles, parsed.value.protocols));
  for (const group of statistics.groups) {
    group.stations = 2;
    group.boots = 2;
    for (const ms of [10, 20]) group.connects.add(ms);
    group.calls.add(5);
  }
  happen(statistics);
  return summarise(parsed.value, statistics, { seconds: 10, interruptedBySignal: false, limits: LIMITS, bridge: null });
}

test("A run in which all went well has passed, and its totals are the sums of its groups", () => {
  const summary = summaryOf(() => {});
  expect(summary).toMatchObject({ passed: true, stations: 4, in: 4, boots: 4, connectsPerSecond: 0.4 });
  expect(summary.connectMs).toMatchObject({ count: 4, max: 20 });
  expect(summary.groups.map(({ profile, connectMs }) => [profile, connectMs.count])).toEqual([
    ["mtls", 2],
    ["none", 2],
  ]);
  expect(summaryText(summary)).toMatch(/^mtls\s+ocpp1\.6\s+2\s+2\s+10\.\d\s+20\.0/m);
});

test.each([
  ["a CALL failed", (all: FleetStatistics) => all.groups[0]?.callFailures.add("timeout"), 4],
  ["a station is missing", (all: FleetStatistics) => all.groups[1]?.missing.add("not in at the end"), 3],
])("A run in which %s has not passed, and says why", (_, happen, online) => {
  const summary = summaryOf(happen);
  expect([summary.passed, summary.in]).toEqual([false, online]);
  expect(summaryText(summary)).toMatch(/1 × (?:timeout|not in at the end)[\s\S]*FAILED/);
});

test("Drops and refused connections that were made good again do not fail a run", () => {
  const summary = summaryOf(({ groups }) => {
    groups[0]?.drops.add("closed 1006");
    groups[0]?.connectFailures.add("HTTP 503");
  });
  expect(summary.passed).toBe(true);
  expect(summaryText(summary)).toContain("1 × HTTP 503");
});

test("The demo shows each station on a line, and one that is offline as such", () => {
  const station = { protocol: "ocpp2.1", profile: "mtls", status: "Charging" } as const;
  const lines = demoLines({
    ...{ calls: 10, failed: 1, sessions: 2, p50Ms: 1.26 },
    stations: [
      { ...station, stationId: "DEMO-00000", isIn: true, powerW: 11_000, energyWh: 1_234, socPercent: 42 },
      { ...station, stationId: "DEMO-00001", isIn: false, powerW: 0, energyWh: null, socPercent: null },
    ],
  });
  expect(lines[0]).toBe(
    "1 of 2 in, 11.0 kW; 2 sessions ended; 10 CALLs answered, half of them within 1.3 ms, 1 failed",
  );
  expect(lines.at(-2)).toBe("DEMO-00000 ocpp2.1    mtls     Charging       11.0 kW  1.234 kWh ████░░░░░░ 42 %");
  expect(lines.at(-1)).toContain("offline");
});
