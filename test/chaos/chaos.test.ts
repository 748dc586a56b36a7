import { expect, test } from "vitest";
import { judge } from "./report.ts";
import { runChaos } from "./run.ts";

const KILLS = 3;

test("Three kills under twenty stations lose nothing, double nothing and guess nothing", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const lines: unknown[] = [];
  const outcome = await runChaos({
    seed,
    stations: 20,
    kills: KILLS,
    killingMs: 14_000,
    settlementMs: 60_000,
    progress: (line) => lines.push(line),
  });
  const { passed, table, evidence } = judge(outcome, KILLS);
  expect(passed, `seed ${seed}\n${table}\n${evidence}\n${lines.map((line) => JSON.stringify(line)).join("\n")}`).toBe(
    true,
  );
}, 120_000);
