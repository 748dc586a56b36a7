import { describe, expect, test } from "vitest";
import { type FleetFigures, fleetText, isWithin, onlineOf } from "./fleet.ts";
import { judged, latenciesText } from "./latency.ts";

describe("Latencies", () => {
  /** 40 rounds of 100, of which two took long. */
  const arm = (way: "link" | "CSMS_URL" | "directly", slow: number) => ({
    way,
    waits: Array.from({ length: 40 }, () => [slow, slow, ...Array<number>(98).fill(1)]),
    cpu: { CSMS: Array<number>(40).fill(5) },
  });

  test.each([
    [12.5, true, "WITHIN: p99 by the link is 1.25 (1.25–1.25) × that by CSMS_URL"],
    [12.6, false, "OVER: p99 by the link is 1.26 (1.26–1.26) × that by CSMS_URL"],
  ])("of a link whose slowest take %d ms where those of CSMS_URL take 10 are judged", (slow, passed, text) => {
    const found = judged([arm("link", slow), arm("CSMS_URL", 10), arm("directly", 100)]);
    expect(found.passed).toBe(passed);
    const report = latenciesText(found, { stations: 1, rounds: 40, callsPerRound: 100 });
    expect(report).toContain(text);
    expect(report).toContain(
      "| CSMS_URL | 1.00 (1.00–1.00) | 10.00 (10.00–10.00) |  |  |  | 5.0 (5.0–5.0) | 5.0 (5.0–5.0) |",
    );
  });
});

describe("A fleet on one bridge", () => {
  const figures: FleetFigures = {
    ...{ stations: 5_000, online: 4_650, kbLink: 30, kbCsms: 30, kbBoth: 60 },
    descriptors: { bridge: 9_700, front: 19_300, csms: 4_700 },
    ...{ firstSeconds: 51, againSeconds: 90, allSeconds: 120 },
  };

  test("is within its bounds by what both sockets take and by when all are linked again", () => {
    expect(isWithin(figures)).toBe(true);
    expect(fleetText(figures)).toMatch(/WITHIN$/);
    expect(isWithin({ ...figures, kbBoth: 60.1 })).toBe(false);
    expect(isWithin({ ...figures, againSeconds: 90.1 })).toBe(false);
  });

  test("is online as far as there is room beside its links", () => {
    expect(onlineOf(1_000, 9_750)).toBe(1_000);
    expect(onlineOf(5_000, 9_750)).toBe(4_650);
    expect(onlineOf(9_700, 9_750)).toBe(0);
  });
});
