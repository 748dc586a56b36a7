import fc from "fast-check";
import { expect, test } from "vitest";
import { orderedUuid } from "../../../src/station/command/ordered-uuid.ts";

const isSorted = (list: string[]) => list.every((each, index) => index === 0 || (list[index - 1] as string) < each);

test("An id is a UUID of version 7 that holds its time", () => {
  const now = Date.now() + 1_000_000;
  const id = orderedUuid(now);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(now);
});

test("Ids sort as they were made, more of them than one millisecond counts", () => {
  const now = Date.now() + 2_000_000;
  const ids = Array.from({ length: 10_000 }, () => orderedUuid(now));
  expect(isSorted(ids)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});

test("Ids sort as they were made, whatever the clock does and whatever is random", () => {
  const start = Date.now() + 3_000_000;
  const random = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: -5_000, max: 5_000 }), random), { minLength: 2 }), (steps) => {
      const ids = steps.map(([offset, bytes]) => orderedUuid(start + offset, bytes));
      expect(isSorted(ids)).toBe(true);
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }),
  );
});

test("Ids of the same moment differ in their random part", () => {
  const now = Date.now() + 4_000_000;
  expect(new Set(Array.from({ length: 100 }, () => orderedUuid(now).slice(19))).size).toBe(100);
});
