import { expect, test } from "vitest";
import { startKerbside } from "../support/kerbside.ts";
import { fuzz } from "./run.ts";

test("six thousand odd frames drop no socket, raise no exception, and get none but legal answers", async () => {
  const errors: string[] = [];
  const log = (line: string, level: string) => {
    if (level === "error") errors.push(line);
  };
  const kerbside = await startKerbside({}, { log });
  const seed = Math.floor(Math.random() * 2 ** 31);
  try {
    const counts = await fuzz(kerbside, 6_000, seed, 3);
    expect({ seed, ...counts, answers: counts.answers > 3_000, rssMb: [] }).toEqual({
      seed,
      frames: 6_000,
      answers: true,
      illegalAnswers: [],
      droppedSockets: [],
      unansweredHeartbeats: [],
      rssMb: [],
    });
    expect(errors).toEqual([]);
  } finally {
    await kerbside.stop();
  }
});
