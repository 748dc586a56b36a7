import { expect, test } from "vitest";
import { beginning, clockBack, connect, deregister, register } from "./commands.ts";
import { STOPPED_CLOCKS } from "./messages.ts";
import { Model, type StoppedClock } from "./model.ts";
import { calm } from "./settlement.ts";
import { World } from "./world.ts";
import { runModel } from "./run.ts";

test("Whatever happens to a station, its events, commands, answers and presence are those of a plain model", async () => {
  // The same each time: the long form, `npm run model`, looks for new ones.
  const seed = 100;
  const { sequences, counterexamples } = await runModel({ seed, runs: 60, lanes: 1, minutes: 0.2 });
  expect({ seed, counterexamples }).toEqual({ seed, counterexamples: [] });
  expect(sequences).toBeGreaterThan(0);
});

test("Webhooks get what a station says that is registered anew after the clock was set back", async () => {
  const world = await World.start();
  const model = new Model("ocpp1.6", STOPPED_CLOCKS[0] as StoppedClock);
  await world.begin("BACK1", "ocpp1.6");
  try {
    for (const step of [...beginning, clockBack, deregister, register, connect]) await step.run(model, world);
    await calm(model, world);
  } finally {
    await world.stop();
  }
});
