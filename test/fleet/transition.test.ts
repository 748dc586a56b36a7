import { expect, test } from "vitest";
import { newestOfEach } from "../../src/fleet/transition.ts";

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
