import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeptFrames } from "../../../src/station/tail/kept-frames.ts";

type Said = { direction: "in" | "out"; text: string } | { answered: string; sequence: number };
const id = fc.constantFrom("a", "b", "c");
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ direction: fc.constantFrom("in" as const, "out" as const), text: fc.string({ maxLength: 1_500 }) }),
  fc.record({
    direction: fc.constant("in" as const),
    text: id.map((each) => `[2,"${each}","X",{"long":"${"x".repeat(400)}"}]`),
  }),
  fc.record({ answered: id, sequence: fc.nat() }),
);

describe("What is kept of a station's frames", () => {
  test("is the newest, numbered without a gap, whatever was said, and the same after a sleep", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 60 }), (all) => {
        let kept = KeptFrames.begin("0123abcd");
        const bodies: string[] = [];
        for (const [at, each] of all.entries()) {
          if ("answered" in each) {
            const index = bodies.findLastIndex((body) => body.startsWith(`[2,"${each.answered}",`));
            // One that fell out of what is kept is not looked for.
            if (kept.behind(index) !== null && index >= 0) bodies[index] = String(each.sequence);
            kept.answered(each.answered, each.sequence);
          } else {
            kept.frame(each.direction, at, each.text);
            bodies.push(each.text.length > 1_000 ? each.text.slice(0, 80) : each.text);
          }
          expect(kept.text.length).toBeLessThanOrEqual(3_550);
          const woken = KeptFrames.read(kept.text);
          expect(woken?.text).toBe(kept.text);
          kept = woken ?? kept;
        }
        expect(kept.last).toBe(bodies.length);
        for (let number = 0; number <= bodies.length; number++) {
          const frames = kept.behind(number);
          if (frames === null) continue;
          expect(frames.map((frame) => frame.number)).toEqual(
            bodies.slice(number).map((_, index) => number + index + 1),
          );
          expect(frames.map(({ body }) => body)).toEqual(
            bodies.slice(number).map((body) => body.replaceAll("\u0001", "\ufffd")),
          );
        }
        // Of short ones there are always some.
        expect(kept.behind(bodies.length)).toEqual([]);
        expect(kept.behind(bodies.length + 1)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  test("is 85 CALLs that the log has, or 16 Heartbeats, at least", () => {
    const now = 1_795_435_200_000;
    const kept = KeptFrames.begin("0123abcd");
    for (let index = 0; index < 200; index++) {
      const messageId = `${String(index).padStart(8, "0")}-2a5e-4a63-9d1c-1c2d3e4f5a6b`;
      kept.frame(
        "in",
        now,
        `[2,"${messageId}","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]`,
      );
      kept.answered(messageId, 10_000 + index);
      kept.event("event-out", now, 10_000 + index);
    }
    expect(kept.behind(400 - 2 * 85)).not.toBeNull();
    for (let index = 0; index < 200; index++) {
      kept.frame("in", now, '[2,"00000000-2a5e-4a63-9d1c-1c2d3e4f5a6b","Heartbeat",{}]');
      kept.frame("out", now, '[3,"00000000-2a5e-4a63-9d1c-1c2d3e4f5a6b",{"currentTime":"2026-11-28T12:00:00.000Z"}]');
    }
    expect(kept.behind(800 - 2 * 16)).not.toBeNull();
  });

  test("is not read where it is not as it was written", () => {
    for (const odd of ["", "x", "0123abcd.0.1", "0123ABCD.0.1.", "0123abcd.-1.1."])
      expect(KeptFrames.read(odd)).toBeNull();
  });
});
