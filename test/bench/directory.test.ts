import { afterAll, beforeAll, expect, test } from "vitest";
import { type BenchDirectory, PAGE, questions, startDirectory } from "./directory-fleet.ts";

const STATIONS = 2_000;
/** Of one filter, none, or the summary; of several each of four is tried for being few, and then a thousand are looked at. */
const most = (limit: number, isAlone: boolean): number =>
  isAlone ? 3 * limit + 50 : 8 * (Math.max(limit + 10, 250) + 1) + 2_000 + 2 * limit;

let directory: BenchDirectory;
beforeAll(async () => {
  directory = await startDirectory(STATIONS);
}, 120_000);
afterAll(() => directory?.stop());

test("The directory reads so many rows for a page, whatever is asked of it, and for the summary", async () => {
  const read: Record<string, number> = {};
  for (const [name, query, isAlone] of questions(STATIONS)) {
    const { rowsRead } = await directory.ask({ kind: "list", query });
    if (rowsRead > most(PAGE, isAlone)) read[name] = rowsRead;
  }
  const { rowsRead, stations } = await directory.ask({ kind: "summary" });
  expect(stations).toBe(STATIONS);
  expect(rowsRead).toBeLessThanOrEqual(most(PAGE, true));
  expect(read).toEqual({});
});

test("A page of every size is bounded by it, and every question comes to its end", async () => {
  for (const [name, query, isAlone] of questions(STATIONS).filter(([each]) =>
    /many|several|sort|q of a vendor/.test(each),
  )) {
    for (const limit of [7, 500]) {
      let after: unknown = null;
      let pages = 0;
      do {
        const { next, rowsRead } = await directory.ask({ kind: "list", query: { ...query, limit, after } });
        expect.soft(rowsRead, name).toBeLessThanOrEqual(most(limit, isAlone));
        after = next;
        pages++;
      } while (after !== null && pages < 20);
      if (limit === 500) expect(after, name).toBe(null);
    }
  }
});
