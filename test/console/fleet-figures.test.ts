import { describe, expect, test } from "vitest";
import type { SeriesPage } from "../../src/client/fleet/series.ts";
import { targetIn } from "../../src/console/data/target-in-address.ts";
import { madeAt } from "../../src/console/data/command-lookup.ts";
import { cancelWords } from "../../src/console/pages/campaigns/cancel-words.ts";
import { urlFaultWords } from "../../src/console/pages/webhooks/url-faults.ts";
import { checkWebhookUrl } from "../../src/delivery/webhook-url.ts";
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
    const none = { online: "maybe", securityProfile: "9", protocol: "ocpp3", offlineKind: "toString" };
    expect(
      filtersIn({ ...none, offlineFor: "1e300", certificateWithin: "-1", hasCsms: "1", undelivered: "no" }),
    ).toEqual({});
    expect(filterOf({ ...none, offlineFor: "1e300", q: "a" }, NOW)).toEqual({ q: "a" });
    expect(labelsOf("=x, y=, , z=1")).toEqual({ z: "1" });
    expect(queryOf({ sort: "vendor" }, NOW)).toEqual({ sort: "id" });
  });
});

test("A campaign is for nobody where its address means some and does not say which", () => {
  const of = (query: Record<string, string>) => targetIn(query, null, NOW);
  expect(of({})).toMatchObject({ kind: "filter", filter: {} });
  expect(of({ label: "site=north, a=b", online: "true" }).kind).toBe("filter");
  for (const query of [{ securityProfile: "9" }, { online: "maybe", q: "CP" }, { label: "north" }, { label: "a=b,c" }])
    expect(of(query)).toMatchObject({ kind: "unclear", why: expect.stringContaining("is no filter") });
  expect(targetIn({ chosen: "1" }, ["A"], NOW)).toEqual({ kind: "stations", stationIds: ["A"] });
  expect(of({ chosen: "12" })).toMatchObject({
    kind: "unclear",
    why: expect.stringContaining("not known in this tab"),
  });
});

test("The id of a command says when it was made, and no other text does", () => {
  expect(madeAt(orderedUuid(NOW))).toBe(NOW);
  expect(madeAt("3f2b8c1e-6f0a-4d8b-9c55-0a1b2c3d4e5f")).toBeNull();
  expect(madeAt("CS001")).toBeNull();
});

test("The address of a webhook that is refused is told with what is wrong and what to do, for each fault that there is", () => {
  const faults = ["", "https://a:b@x.example", "https://10.0.0.1", "http://x.example"].map((url) =>
    checkWebhookUrl(url, false),
  );
  expect(faults).toEqual(["not-a-url", "has-credentials", "private-address", "not-https"]);
  for (const fault of faults) expect(urlFaultWords(String(fault))).toMatch(/^[A-Z].+\. ?.+\.$/);
  expect(urlFaultWords("must be shorter")).toBe("must be shorter");
});

test("Cancelling a campaign says how many stations it is about, and of none nothing", () => {
  expect([cancelWords({ pending: 1, queued: 0 }), cancelWords({ pending: 0, queued: 1_204 })]).toEqual([
    "It is not sent to the 1 station to come. What was sent stays sent. A cancelled campaign cannot be resumed.",
    "What waits at 1,204 stations is taken back. What was sent stays sent. A cancelled campaign cannot be resumed.",
  ]);
});
