import fc from "fast-check";
import { expect, test } from "vitest";
import { isBefore, questionOf, readCursor, writeCursor } from "../src/list-cursor.ts";

const ask = (query: string) => questionOf(new URLSearchParams(query));

test("A cursor is taken back by its own question alone, whatever the page's size and the parameters' order", () => {
  const place = { key: 1_700_000_000_000, id: "CS=1*@ x" };
  const cursor = writeCursor(ask("q=a&online=true&limit=5"), place);
  expect(readCursor(ask("online=true&q=a&limit=9&cursor=x"), cursor)).toEqual(place);
  for (const other of ["q=a", "q=b&online=true", "q=a&online=true&sort=changed", "q=a&online=true&label.x=1"])
    expect(readCursor(ask(other), cursor)).toBe(null);
});

test("A damaged cursor is none", () => {
  const question = ask("");
  const cursor = writeCursor(question, { key: 0, id: "CS001" });
  for (const damaged of ["", "CS001", "é", "====", `${cursor}A`, cursor.slice(1), cursor.slice(0, -1)])
    expect(readCursor(question, damaged)).toBe(null);
  fc.assert(
    fc.property(fc.nat(cursor.length - 1), fc.constantFrom(..."AZaz09-_"), (at, letter) => {
      const changed = cursor.slice(0, at) + letter + cursor.slice(at + 1);
      const read = readCursor(question, changed);
      // The last letter has bits that say nothing.
      expect(read === null || JSON.stringify(read) === JSON.stringify({ key: 0, id: "CS001" })).toBe(true);
    }),
  );
});

test("Places are in the order of the list: ids upwards, changes downwards", () => {
  const [a, b, later] = [
    { key: 1, id: "A" },
    { key: 1, id: "B" },
    { key: 2, id: "A" },
  ] as const;
  expect([isBefore("id", a, b), isBefore("offline", b, later), isBefore("changed", later, b)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([isBefore("changed", b, a), isBefore("changed", a, b), isBefore("id", a, a)]).toEqual([true, false, false]);
});
