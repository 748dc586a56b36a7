import { expect, test } from "vitest";
import type { Kind } from "./arm.ts";
import { baseOf, figureOf, percentile, ratioOf, type Series, verdicts } from "./comparison.ts";
import type { MeasureName } from "./measures.ts";

const series = (
  measure: MeasureName,
  kind: Kind,
  blocks: number[][],
  storage: Series["storage"] = "tmpfs",
): Series => ({
  measure,
  kind,
  storage,
  blocks,
});

test("A ratio is the median of those of the same round, so that a slow round of both does not count", () => {
  const floor = series("heartbeat-cpu", "floor", [[10], [100], [20]]);
  const kerbside = series("heartbeat-cpu", "kerbside", [[12], [120], [30]]);
  expect(ratioOf(kerbside, floor)).toEqual({ median: 1.2, low: 1.2, high: 1.35 });
  expect(figureOf(kerbside).median).toBe(30);
});

test("A p99 and its ratio are of all samples together", () => {
  const samples = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([percentile(samples, 0.99), percentile(samples, 0.5), percentile([7], 0.99)]).toEqual([99, 50, 7]);
  const floor = series("warm-p99", "floor", [samples, samples]);
  const kerbside = series("warm-p99", "kerbside", [samples.map((ms) => 2 * ms), samples.map((ms) => 4 * ms)]);
  expect(figureOf(kerbside).median).toBe(392);
  expect(ratioOf(kerbside, floor)).toEqual({ median: 392 / 99, low: 2.5, high: 3.5 });
});

test("A series is held against the floor on its own storage, and against a peer that has none", () => {
  const [disk, tmpfs] = (["disk", "tmpfs"] as const).map((storage) => series("upgrades", "floor", [[1]], storage));
  const peer = series("upgrades", "ocpp-rpc", [[1]], "none");
  const kerbside = series("upgrades", "kerbside", [[1]]);
  const all = [disk, tmpfs, peer, kerbside] as Series[];
  expect(baseOf(all, kerbside, "floor")).toBe(tmpfs);
  expect(baseOf(all, kerbside, "ocpp-rpc")).toBe(peer);
  expect(baseOf(all, kerbside, "ws")).toBeUndefined();
});

test("A bound is missed above it, or below it where more is better; what has none is not judged", () => {
  const found = verdicts([
    series("upgrades", "floor", [[100]]),
    series("upgrades", "kerbside", [[79]]),
    series("status-cpu", "floor", [[10]]),
    series("status-cpu", "floor-row", [[20]]),
    series("status-cpu", "kerbside", [[30]]),
    series("rss-hibernated", "floor", [[100]]),
    series("rss-hibernated", "floor-row", [[111]]),
    series("rss-hibernated", "kerbside", [[111]]),
    series("rss-active", "floor", [[1]]),
    series("rss-active", "kerbside", [[9]]),
  ]);
  const shown = found.map(({ measure, ratio, ratioToRow, passed }) => [
    ...[measure, ratio.median, passed],
    ratioToRow?.median,
  ]);
  expect(shown).toEqual([
    ["rss-hibernated", 1.11, false, 1],
    ["upgrades", 0.79, false, undefined],
    ["status-cpu", 1.5, true, 1.5],
  ]);
});
