import { expect, test } from "vitest";
import { judge } from "./judgement.ts";
import type { ProcessSample } from "./run.ts";

const ROUND = 100;
const LIMITS = { limitKbPerThousand: 300, warmUpConnections: 0 };
const FINE = { connections: 6_000, failures: {} };

/** KB a connection. */
function samplesOf(memory: number, heap: number | null, rounds = 60): ProcessSample[] {
  return Array.from({ length: rounds }, (_, round) => ({
    ...{ connections: round * ROUND, atMs: round, rssKb: 0, pssKb: 0, fileDescriptors: 0 },
    privateDirtyKb: 200_000 + round * ROUND * memory,
    heapUsedKb: heap === null ? null : 60_000,
    externalKb: heap === null ? null : round * ROUND * heap,
    arrayBuffersKb: null,
  }));
}
const textOf = (memory: number, heap: number | null) => judge(FINE, samplesOf(memory, heap), LIMITS).text;

test("A process that cannot be asked is judged by its private memory", () => {
  expect(textOf(0, null)).toBe("flat");
  expect(textOf(2, null)).toBe("growing 2,000 KB per 1,000 connections, garbage included");
});

test("A leak of native code is told apart from one that the heap holds", () => {
  expect(textOf(2, 0)).toBe("growing 2,000 KB per 1,000 connections, outside of the heap");
  expect(textOf(2, 2)).toBe("growing 2,000 KB per 1,000 connections");
});

test("What the heap holds is a leak also while it fills holes in the memory that is there already", () => {
  expect(textOf(0, 1)).toBe("growing 1,000 KB per 1,000 connections, in the heap or held by it");
});

test("Flat needs both to be flat", () => {
  expect(textOf(0, 0)).toBe("flat");
  expect(textOf(0.3, 0)).toMatch(/^undecided/);
  expect(textOf(0, 0.3)).toMatch(/^undecided/);
});

test("Nothing is said while connections fail, nor of a run that was all warm-up", () => {
  const samples = samplesOf(2, null);
  expect(judge({ connections: 6_000, failures: { timeout: 61 } }, samples, LIMITS).text).toBe("undecided: 61 failures");
  expect(judge({ connections: 6_000, failures: { timeout: 60 } }, samples, LIMITS).verdict).toBe("growing");
  expect(judge(FINE, samples, { ...LIMITS, warmUpConnections: 5_000 }).text).toMatch(/^undecided: 10 samples/);
  expect(judge(FINE, samples, { ...LIMITS, warmUpConnections: 9_000 }).text).toMatch(/^undecided: 0 samples/);
});
