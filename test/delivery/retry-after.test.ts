import { expect, test } from "vitest";
import { retryAfterMs } from "../../src/delivery/retry-after.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");

test.each<[string, string | null, number | null]>([
  ["seconds", "120", 120_000],
  ["seconds with spaces about them", " 5 ", 5_000],
  ["a date", "Sat, 28 Nov 2026 12:00:30 GMT", 30_000],
  ["more than an hour", "86400", 3_600_000],
  ["more seconds than a date has", "99999999999", 3_600_000],
  ["a date far ahead", "Wed, 28 Nov 2035 12:00:30 GMT", 3_600_000],
  ["a date that is over", "Sat, 28 Nov 2026 11:59:59 GMT", null],
  ["0", "0", null],
  ["a negative number", "-5", null],
  ["nothing", null, null],
  ["an empty text", "", null],
  ["no number and no date", "soon", null],
])("A receiver that says %s in Retry-After (%s) is tried after %s ms", (_, value, expected) => {
  expect(retryAfterMs(value, NOW)).toBe(expected);
});
