import { expect, test } from "vitest";
import { apiKeysSchema, reachOf } from "../../src/security/api-key.ts";
import { fleetPartSchema, lackingLabels, labelsWithin, reachesId } from "../../src/security/fleet-part.ts";

test.each([
  [{ prefix: "NORTH-" }, true],
  [{ prefix: "A B" }, true],
  [{ label: { site: "north" } }, true],
  [{ label: { site: "north", team: "" } }, true],
  // Each of these would be more than whoever wrote it meant, or nothing at all.
  [{}, false],
  [{ prefix: "" }, false],
  [{ prefix: " A" }, false],
  [{ prefix: "A/" }, false],
  [{ prefix: "A%" }, false],
  [{ prefix: "A".repeat(49) }, false],
  [{ label: {} }, false],
  [{ label: { "a b": "x" } }, false],
  [{ label: { site: 1 } }, false],
  [{ label: Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [name, "x"])) }, false],
  [{ prefix: "A", label: { site: "north" } }, false],
  [{ prefx: "A" }, false],
  [null, false],
  ["NORTH-", false],
])("%j is a part of the fleet: %s", (part, isOne) => {
  expect(fleetPartSchema.safeParse(part).success).toBe(isOne);
  const key = { name: "n", sha256: "0".repeat(64), scopes: [], stations: part };
  expect(apiKeysSchema.safeParse([key]).success).toBe(isOne);
});

test("A key that is bound to nothing reaches all, and one that is bound only its part", () => {
  expect(reachOf({})).toBe("all");
  expect(reachOf({ stations: { prefix: "A" } })).toEqual({ prefix: "A" });
});

test.each([
  ["N-", "N-1", true],
  ["N-", "N-", true],
  ["N-", "N", false],
  ["N-", "n-1", false],
  ["N-", "XN-1", false],
  ["N_", "N-1", false],
  ["N*", "N*1", true],
  ["N*", "NX1", false],
])("By the prefix %s the station %s is inside: %s", (prefix, id, isInside) => {
  expect(reachesId({ prefix }, id)).toBe(isInside);
  expect(reachesId("all", id)).toBe(true);
  expect(reachesId({ label: { site: "north" } }, id)).toBeNull();
});

test.each([
  [{ site: "north", team: "a" }, []],
  [{ site: "north", team: "a", more: "x" }, []],
  [{ site: "north" }, ["team"]],
  [{ site: "North", team: "a" }, ["site"]],
  [{ Site: "north", team: "a" }, ["site"]],
  [{}, ["site", "team"]],
])("A station with the labels %j lacks %j of those of a key", (labels, lacking) => {
  expect(lackingLabels({ label: { site: "north", team: "a" } }, labels)).toEqual(lacking);
  expect(lackingLabels("all", labels)).toEqual([]);
  expect(lackingLabels({ prefix: "N-" }, labels)).toEqual([]);
  expect(labelsWithin("all")).toEqual([]);
});

test("What an object inherits is no label", () => {
  const reach = { label: JSON.parse('{"constructor":"x"}') };
  expect(lackingLabels(reach, {})).toEqual(["constructor"]);
});
