import { afterAll, beforeAll, expect, test } from "vitest";
import { type BenchDirectory, PAGE, questions, startDirectory } from "./directory-fleet.ts";

const STATIONS = 2_000;
/** Of one filter, none, or the summary. */
const ROWS_MAX = 3 * PAGE + 50;
/** Of several: each of four is tried for being few, and then so many are looked at. */
const SEVERAL_MAX = 10_000;

let directory: BenchDirectory;
beforeAll(async () => {
  directory = await startDirectory(STATIONS);
}, 120_000);
afterAll(() => directory?.stop());

test("The directory reads so many rows for a page, whatever is asked of it, and for the summary", async () => {
  const read: Record<string, number> = {};
  for (const [name, query, isAlone] of questions(STATIONS)) {
    const { rowsRead } = await directory.ask({ kind: "list", query });
    if (rowsRead > (isAlone ? ROWS_MAX : SEVERAL_MAX)) read[name] = rowsRead;
  }
  const { rowsRead, stations } = await directory.ask({ kind: "summary" });
  expect(stations).toBe(STATIONS);
  expect(rowsRead).toBeLessThanOrEqual(ROWS_MAX);
  expect(read).toEqual({});
});

test("A page of every size is bounded by it, and every question comes to its end", async () => {
  for (const [name, query] of questions(STATIONS).filter(([each]) => /many|several|sort|q of a vendor/.test(each))) {
    for (const limit of [7, 500]) {
      let after: unknown = null;
      let pages = 0;
      do {
        const { next, rowsRead } = await directory.ask({ kind: "list", query: { ...query, limit, after } });
        expect.soft(rowsRead, name).toBeLessThanOrEqual(SEVERAL_MAX);
        after = next;
        pages++;
      } while (after !== null && pages < 20);
      if (limit === 500) expect(after, name).toBe(null);
    }
  }
});
