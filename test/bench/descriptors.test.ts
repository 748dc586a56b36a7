import { expect, test } from "vitest";
import { groupsThatFit, stationsThatFit, workerdsFor } from "./descriptors.ts";
import { peersOptions } from "./peers-options.ts";

const ARMS = ["kerbside", "floor", "floor-row", "ocpp-rpc", "ws"];

test("There are as many workerds as the stations need, of which a front holds both ends", () => {
  expect([workerdsFor(1_000, 20_000), workerdsFor(5_000, 20_000), workerdsFor(50_000, 20_000)]).toEqual([1, 2, 3]);
  expect([workerdsFor(5_000, 1_024), workerdsFor(5_000, null)]).toEqual([3, 1]);
});

test("Where they are fewer than that, so are the stations", () => {
  expect([stationsThatFit(5_000, 2, 20_000), stationsThatFit(5_000, 1, 20_000)]).toEqual([5_000, 3_545]);
  expect([stationsThatFit(50_000, 16, 20_000), stationsThatFit(5_000, 1, null)]).toEqual([9_750, 5_000]);
});

test("Arms whose stations do not fit into one process together have their turn in groups, Kerbside with its floors", () => {
  expect(groupsThatFit(ARMS, 1_000, 20_000)).toEqual([ARMS]);
  expect(groupsThatFit(ARMS, 5_000, 20_000)).toEqual([
    ["kerbside", "floor", "floor-row"],
    ["ocpp-rpc", "ws"],
  ]);
  expect(groupsThatFit(ARMS, 50_000, 20_000)).toEqual(ARMS.map((arm) => [arm]));
  expect(groupsThatFit(ARMS, 5_000, null)).toEqual([ARMS]);
  expect(groupsThatFit([], 5_000, 20_000)).toEqual([]);
});

test("Only --full takes more than one workerd by itself, and --workers has the last word", () => {
  expect(peersOptions([]).workerds).toBe(1);
  expect(peersOptions(["--full"]).workerds).toBe(workerdsFor(5_000));
  expect(peersOptions(["--full", "--workers", "7"]).workerds).toBe(7);
  expect(peersOptions(["--stations", "15"]).sizes).toMatchObject({ stormStations: 15, memoryStations: 15 });
  expect(() => peersOptions(["--workers", "0"])).toThrow("--workers must be a whole number from 1 to 16");
  expect(() => peersOptions(["--arms", "floors"])).toThrow("--arms must be one of kerbside, floor");
});
