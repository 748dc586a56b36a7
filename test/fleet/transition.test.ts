import { expect, test } from "vitest";
import { batchesOf, newestOfEach, retryDelaySeconds, STATEMENT_MAX_BYTES } from "../../src/fleet/transition.ts";

const at = (stationId: string, ms: number, sequence: number, revision?: number, incarnation?: string) => ({
  ...{ stationId, at: ms, sequence, station: null },
  ...(revision !== undefined && { revision }),
  ...(incarnation !== undefined && { incarnation }),
});

test("Of several transitions of a registration the newest by its log is kept, whatever order and clock they came in", () => {
  const batch = [at("A", 10, 3), at("B", 5, 1), at("A", 20, 2), at("A", 10, 3, 1), at("A", 30, 1, 7)];
  expect(newestOfEach(batch)).toEqual([at("B", 5, 1), at("A", 10, 3, 1)]);
});

test("What an earlier registration of the same station told does not stand for a later one", () => {
  const batch = [at("A", 10, 9, 0, "old"), at("A", 20, 4, 0, "new")];
  expect(newestOfEach(batch)).toHaveLength(2);
});

/** As large as a registration may make it: control characters are six bytes each in JSON. */
function largest(stationId: string) {
  const labels = Object.fromEntries(
    Array.from({ length: 32 }, (_, index) => [`${index}`.padEnd(63, "\u0001"), "\u0001".repeat(255)]),
  );
  const station = { registeredProfile: 1, labels, online: true, protocol: "ocpp1.6", securityProfile: 1 };
  return { stationId, at: 1, sequence: 1, station: { ...station, vendor: null, model: null, undelivered: false } };
}

test("A hundred of the largest transitions are several statements, each within what a parameter may have", () => {
  const all = Array.from({ length: 100 }, (_, index) => largest(`S${index}`));
  expect(JSON.stringify(all).length).toBeGreaterThan(5_000_000);
  const batches = batchesOf(all, (each) => each);
  expect(batches.flat()).toEqual(all);
  for (const batch of batches)
    expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThanOrEqual(STATEMENT_MAX_BYTES);
  expect(batches.length).toBeLessThan(10);
  expect(batchesOf(all.slice(0, 1), (each) => each)).toHaveLength(1);
  expect(batchesOf([], (each) => each)).toEqual([]);
});

test("The waits of a hundred attempts are days, and less than the four for which a queue keeps a message", () => {
  const waits = (random: number) =>
    Array.from({ length: 100 }, (_, index) => retryDelaySeconds(index + 1, random)).reduce(
      (sum, each) => sum + each,
      0,
    );
  expect(waits(0)).toBeGreaterThan(1.5 * 86_400);
  expect(waits(1)).toBeLessThan(4 * 86_400);
  expect(retryDelaySeconds(1, 0)).toBe(5);
  expect(retryDelaySeconds(1_000, 1)).toBe(3_600);
});
