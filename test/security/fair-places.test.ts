import fc from "fast-check";
import { expect, test } from "vitest";
import { FairPlaces } from "../../src/security/fair-places.ts";

test("Where there are no more places the oldest of whoever has most goes", () => {
  const places = new FairPlaces(4);
  for (const [name, owner] of [
    ["a1", "a"],
    ["a2", "a"],
    ["a3", "a"],
    ["b1", "b"],
  ] as const)
    expect(places.add(name, owner)).toBe(null);
  expect(places.add("b2", "b")).toBe("a1");
  expect(places.add("a4", "a")).toBe("a2");
  expect(["c1", "d1"].map((name) => places.add(name, name))).toHaveLength(2);
});

test("Whatever comes in whatever order, nobody loses a name while another has more than one more", () => {
  const owners = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 60 });
  fc.assert(
    fc.property(owners, fc.integer({ min: 1, max: 10 }), (all, max) => {
      const places = new FairPlaces(max);
      const held: { name: string; owner: string }[] = [];
      all.forEach((owner, index) => {
        const has = (one: string) => held.filter((each) => each.owner === one).length;
        const most = Math.max(0, ...["a", "b", "c", "d"].map(has));
        const isFull = held.length === max;
        const dropped = places.add(String(index), owner);
        expect(dropped !== null).toBe(isFull);
        if (dropped !== null) {
          const at = held.findIndex(({ name }) => name === dropped);
          const loser = held[at]?.owner ?? "";
          expect(has(loser)).toBe(most);
          expect(held.findIndex((each) => each.owner === loser)).toBe(at);
          held.splice(at, 1);
        }
        held.push({ name: String(index), owner });
      });
    }),
  );
});
