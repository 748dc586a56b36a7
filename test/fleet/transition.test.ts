import { expect, test } from "vitest";
import { newestOfEach } from "../../src/fleet/transition.ts";

const at = (stationId: string, ms: number, sequence: number) => ({ stationId, at: ms, sequence, station: null });

test("Of several transitions of a station the newest is kept, whatever order they came in", () => {
  const batch = [at("A", 20, 2), at("B", 5, 1), at("A", 10, 3), at("A", 20, 1)];
  expect(newestOfEach(batch)).toEqual([at("B", 5, 1), at("A", 20, 2)]);
});
