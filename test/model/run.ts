/**
 * Sequences of steps by a seed, each on a station of its own, several edges at once. Must not know who asked for them.
 */
import { inspect } from "node:util";
import fc from "fast-check";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import { beginning, steps, viewIs } from "./commands.ts";
import { STOPPED_CLOCKS } from "./messages.ts";
import { Model } from "./model.ts";
import { calm } from "./settlement.ts";
import { World } from "./world.ts";

export interface ModelRun {
  seed: number;
  runs: number;
  /** Edges, each with a workerd and a clock of its own; the seed of each is one more than that of the one before. */
  lanes: number;
  minutes: number;
  /** Leads to one sequence of a seed, which is shrunk once more. */
  path?: string | undefined;
  /** Sequences of one lane so far. */
  progress?: (lane: number, runs: number) => void;
  /** Told of at once: other lanes may go on for an hour. */
  found?: (counterexample: string) => void;
}

export interface ModelOutcome {
  sequences: number;
  /** Empty: none was found. */
  counterexamples: string[];
}

const MAX_STEPS = 30;
/** ms between two looks at whether the whole process stood still, and how long that is. */
const LOOK_EVERY_MS = 250;
const PAUSED_MS = 3_000;

export async function runModel({ seed, runs, lanes, minutes, path, progress, found }: ModelRun): Promise<ModelOutcome> {
  const outcome: ModelOutcome = { sequences: 0, counterexamples: [] };
  let pausedUntil = 0;
  let lookedAt = performance.now();
  const looks = setInterval(() => {
    if (performance.now() - lookedAt > PAUSED_MS) pausedUntil = performance.now();
    lookedAt = performance.now();
  }, LOOK_EVERY_MS);
  const wasPaused = (since: number) => pausedUntil > since || performance.now() - lookedAt > PAUSED_MS;
  const lane = async (index: number) => {
    const world = await World.start();
    let [sequence, runsSoFar] = [0, 0];
    const property = fc.asyncProperty(
      fc.constantFrom(...PROTOCOLS),
      fc.constantFrom(...STOPPED_CLOCKS),
      fc.commands([steps], { maxCommands: MAX_STEPS, size: "max" }),
      async (protocol, stoppedClock, commands) => {
        const live = async () => {
          const model = new Model(protocol, stoppedClock);
          await world.begin(`M${index}-${++sequence}`, protocol);
          try {
            for (const step of beginning) await step.run(model, world);
            await fc.asyncModelRun(() => ({ model, real: world }), commands);
            await viewIs(model, world);
            await calm(model, world);
          } finally {
            await world.end();
          }
        };
        const startedAt = performance.now();
        try {
          await live();
        } catch (error) {
          // Whoever waited for something waited in vain: it says nothing of the edge.
          if (!wasPaused(startedAt)) throw error;
          await live();
        }
        progress?.(index, ++runsSoFar);
      },
    );
    try {
      const details = await fc.check(property, {
        seed: seed + index,
        numRuns: Math.ceil(runs / lanes),
        interruptAfterTimeLimit: minutes * 60_000,
        markInterruptAsFailure: false,
        ...(path !== undefined && { path }),
      });
      outcome.sequences += details.numRuns;
      if (details.failed && details.counterexample !== null) {
        const error = inspect(details.errorInstance);
        const [protocol, stoppedClock, commands] = details.counterexample;
        const shrunk = `${protocol}; a clock that stands says ${stoppedClock.at}; ${commands}`;
        const told = `seed ${details.seed} path ${details.counterexamplePath?.split(":")[0]} after ${details.numRuns} sequences: ${shrunk}\n  ${error}`;
        outcome.counterexamples.push(told);
        found?.(told);
      }
    } finally {
      await world.stop();
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  } finally {
    clearInterval(looks);
  }
  return outcome;
}
