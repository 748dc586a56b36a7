import { expect, test } from "vitest";
import { ALL_FAULTS } from "./faults.ts";
import { judge } from "./report.ts";
import { runChaos } from "./run.ts";

const KILLS = 3;

/** Jumps of the clock are in `clock.test.ts` and the model: here they would take the minute that a run of minutes has to settle. */
const CHOSEN = new Set([...ALL_FAULTS].filter((fault) => fault !== "clock"));

test("Three kills and one of every other fault but the clock's under twenty stations lose nothing, double nothing and guess nothing", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const lines: unknown[] = [];
  const outcome = await runChaos({
    seed,
    stations: 20,
    kills: KILLS,
    chosen: CHOSEN,
    counts: { registrations: 12, webhooks: 5, clock: 0, rivals: 1, firstStarts: 1 },
    killingMs: 18_000,
    settlementMs: 60_000,
    calmSeconds: 4,
    // That one has to wait for a busy machine says nothing here.
    bounds: { healthMs: 15_000, deregisteredMs: 15_000 },
    progress: (line) => lines.push(line),
  });
  const { passed, table, evidence } = judge(outcome, KILLS);
  expect(passed, `seed ${seed}\n${table}\n${evidence}\n${lines.map((line) => JSON.stringify(line)).join("\n")}`).toBe(
    true,
  );
}, 120_000);
