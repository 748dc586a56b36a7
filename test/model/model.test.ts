import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addHook,
  beginning,
  clockBack,
  connect,
  crash,
  deregister,
  evict,
  register,
  removeHook,
  type Step,
  viewIs,
} from "./commands.ts";
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

describe("What the long form found once: a webhook gets what it must", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.stop());

  test.each<[string, string, Step[]]>([
    [
      "of a station that is registered anew after the clock was set back",
      "BACK",
      [clockBack, deregister, register, connect],
    ],
    [
      "whose types were changed before a crash, and may get what the old ones left out",
      "TYPES",
      [addHook("a", ["ocpp.call"]), connect, connect, addHook("a", []), crash, removeHook("a")],
    ],
    [
      "that was made anew before the clock was set back, and may get what was said before it was made",
      "ANEW",
      [removeHook("a"), addHook("a", []), clockBack, connect, evict],
    ],
  ])("%s", async (_, stationId, steps) => {
    const model = new Model("ocpp1.6", STOPPED_CLOCKS[0] as StoppedClock);
    await world.begin(stationId, "ocpp1.6");
    try {
      for (const step of [...beginning, ...steps]) await step.run(model, world);
      await viewIs(model, world);
      await calm(model, world);
    } finally {
      await world.end();
    }
  });
});
