import { afterAll, beforeAll, expect, test } from "vitest";
import { tmpdir } from "node:os";
import { Random } from "../chaos/random.ts";
import { Arm, KINDS } from "./arm.ts";
import type { Bench } from "./bench.ts";
import { measureCpu } from "./measure-cpu.ts";
import { measureRows } from "./measure-rows.ts";
import { reportText } from "./report.ts";
import { TINY_SIZES } from "./sizes.ts";

const arms = KINDS.map(
  (kind) => new Arm(kind, { storage: "tmpfs", dir: tmpdir() }, { workerds: kind === "floor" ? 2 : 1 }),
);
const bench: Bench = { kinds: KINDS, arms, sizes: TINY_SIZES, random: new Random(1), make: () => null, note: () => {} };

beforeAll(async () => {
  await Promise.all(arms.map((arm) => arm.start()));
});
afterAll(async () => {
  await Promise.all(arms.map((arm) => arm.stop()));
});

test("Every server starts, answers stations, passes commands on, and the report has a row for it", async () => {
  expect(arms.map(({ servers }) => servers.length)).toEqual([1, 2, 1, 1, 1]);
  const series = await measureCpu(bench);
  for (const { blocks } of series) expect(blocks.flat().every((figure) => figure > 0)).toBe(true);
  const rows = await measureRows(bench);
  expect(rows.filter(({ message }) => message === "StatusNotification").map(({ written }) => written)).toEqual([1, 1]);
  expect(rows.find(({ arm, message }) => arm === "kerbside tmpfs" && message === "Heartbeat")?.written).toBe(0);
  for (const arm of arms) {
    const station = await arm.connect("ROWS");
    await arm.command("ROWS");
    station.drop();
  }
  const run = { at: "", seed: 1, durationSeconds: 0, machine: {}, versions: {}, sizes: TINY_SIZES, notes: [] };
  const text = reportText({ ...run, series, rows });
  for (const kind of KINDS) expect(text).toMatch(new RegExp(`^\\| ${kind}(, tmpfs)? \\| [\\d.]+ \\(`, "m"));
  expect(text).toMatch(/^\| CPU of the server a Heartbeat, tmpfs \| floor \| [\d.]+ /m);
});
