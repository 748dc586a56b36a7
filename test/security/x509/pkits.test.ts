import { expect, test } from "vitest";
import { NO_PKITS, runPkits } from "../../bench/pkits-cases.ts";

const judged = await runPkits();

test.skipIf(judged === null)(`Of NIST's PKITS every case that applies is decided as NIST does [${NO_PKITS}]`, () => {
  const all = judged ?? [];
  expect(all).toHaveLength(161);
  const wrong = all.filter(({ admitted, valid, leftOut }) => leftOut === null && admitted !== valid);
  expect(wrong).toEqual([]);
  // Also of those that are left out.
  expect(all.filter(({ admitted, valid }) => admitted && !valid)).toEqual([]);
  expect(all.filter(({ leftOut }) => leftOut === null).length).toBeGreaterThanOrEqual(128);
});
