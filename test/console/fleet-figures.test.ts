import { describe, expect, test } from "vitest";
import type { SeriesPage } from "../../src/client/fleet/series.ts";
import { madeAt } from "../../src/console/data/command-lookup.ts";
import { filterOf, filtersIn, labelsOf, queryOf } from "../../src/console/data/station-filter.ts";
import { barsOf, barTimes, stepsOf, sumOf, totalOf } from "../../src/console/pages/overview/series-sums.ts";
import { orderedUuid } from "../../src/station/command/ordered-uuid.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");

/** Six hours of minutes, with a gap in which nothing was sampled. */
function sixHours(): SeriesPage {
  const length = 361;
  const isGap = (index: number) => index >= 100 && index < 130;
  const values = (value: (index: number) => number) =>
    Array.from({ length }, (_, index) => (isGap(index) ? null : value(index)));
  return {
    ...{ from: "2026-11-28T06:02:00.000Z", to: "2026-11-28T12:02:00.000Z", stepSeconds: 60 },
    series: [
      { name: "offline", labels: {}, values: values(() => 3) },
      { name: "connects", labels: { securityProfile: "2" }, values: values((index) => index % 3) },
      { name: "connects", labels: { securityProfile: "3" }, values: values(() => 1) },
    ],
  };
}

describe("The curves of the overview", () => {
  test("count in bars what was counted in steps: no more, no less, and nothing where nothing was sampled", () => {
    const page = sixHours();
    const steps = stepsOf(page);
    const connects = sumOf(
      page.series.filter(({ name }) => name === "connects"),
      page,
    );
    const bars = barsOf(connects, steps);
    expect(totalOf(bars)).toBe(totalOf(connects));
    const counted = connects.map((value, index) => (value === null ? 0 : (index % 3) + 1));
    expect(totalOf(connects)).toBe(counted.reduce((sum, value) => sum + value, 0));
    expect(bars.length).toBe(barTimes(steps).length);
    expect(bars.length).toBeLessThanOrEqual(61);
    // 07:42 to 08:12 has whole bars in it.
    expect(bars.filter((value) => value === null).length).toBeGreaterThan(0);
    // On whole times, which people reckon by.
    expect(barTimes(steps).every((time) => time % 600 === 0)).toBe(true);
  });

  test("take a series that is not there for none where samples were taken", () => {
    const page = sixHours();
    const values = sumOf([], page);
    expect([values[0], values[110]]).toEqual([0, null]);
  });
});

describe("The filters of the list", () => {
  test("say in the address what the API is asked, times relative to now", () => {
    const query = { q: "abc", online: "false", securityProfile: "3", label: "site=north, a=b=c", offlineFor: "24" };
    expect(queryOf({ ...query, certificateWithin: "7", sort: "offline" }, NOW)).toEqual({
      ...{ q: "abc", online: false, securityProfile: 3, labels: { site: "north", a: "b=c" } },
      ...{ offlineSince: "2026-11-27T12:00:00.000Z", certificateExpiresBefore: "2026-12-05T12:00:00.000Z" },
      sort: "offline",
    });
  });

  test("are none where an address says nothing that is one", () => {
    expect(filterOf({ online: "maybe", certificateWithin: "soon", q: "", tab: "live", label: "north" }, NOW)).toEqual(
      {},
    );
    expect(filtersIn({ q: "", span: "6h", vendor: "ABB" })).toEqual({ vendor: "ABB" });
    expect(labelsOf("=x, y=, , z=1")).toEqual({ z: "1" });
    expect(queryOf({ sort: "vendor" }, NOW)).toEqual({ sort: "id" });
  });
});

test("The id of a command says when it was made, and no other text does", () => {
  expect(madeAt(orderedUuid(NOW))).toBe(NOW);
  expect(madeAt("3f2b8c1e-6f0a-4d8b-9c55-0a1b2c3d4e5f")).toBeNull();
  expect(madeAt("CS001")).toBeNull();
});
