import { join } from "node:path";
import { expect, test } from "vitest";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../src", file));
const { stationStub } = await load("station-stub.ts");
const { configOf } = await load("config.ts");

/** Says which object was asked for, and where. */
function namespace(where: string): object {
  return {
    jurisdiction: (name: string) => namespace(name),
    idFromName: (id: string) => `${where}/${id}`,
    get: (id: string) => id,
  };
}
const asked = (settings: object) => stationStub({ STATION: namespace("anywhere"), ...settings }, "CS001");

test("Stations' objects are made in the jurisdiction that is set, and wherever they are asked for without one", () => {
  expect(asked({})).toBe("anywhere/CS001");
  expect(asked({ JURISDICTION: "" })).toBe("anywhere/CS001");
  for (const JURISDICTION of ["eu", "us", "fedramp"]) expect(asked({ JURISDICTION })).toBe(`${JURISDICTION}/CS001`);
});

test("The local edge, whose platform has none, ignores the jurisdiction; one that is none is a fault", () => {
  expect(asked({ JURISDICTION: "eu", LOCAL: "true" })).toBe("anywhere/CS001");
  expect(() => configOf({ JURISDICTION: "mars" })).toThrow(/JURISDICTION/);
});
