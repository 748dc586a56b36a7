import { expect, test } from "vitest";
import { judgeBridge } from "./report.ts";
import { runBridgeChaos } from "./run.ts";

test("Bridge, edge and CSMS, each killed once under twelve stations, lose nothing, confuse no answers and execute nothing twice", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const lines: unknown[] = [];
  const outcome = await runBridgeChaos({
    seed,
    stations: 12,
    kills: 3,
    killingMs: 7_000,
    goneMaxMs: 2_000,
    settlementMs: 60_000,
    progress: (line) => lines.push(line),
  });
  const { passed, table, evidence } = judgeBridge(outcome, 3);
  expect(passed, `seed ${seed}\n${table}\n${evidence}\n${lines.map((line) => JSON.stringify(line)).join("\n")}`).toBe(
    true,
  );
}, 120_000);
