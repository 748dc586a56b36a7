import { describe, expect, test } from "vitest";
import {
  type Attempt,
  type AttemptOutcome,
  settled,
  SUSPECTS_MAX,
  UNPROVEN_RETRIES,
} from "../../src/delivery/attempt-outcome.ts";
import { type Cursor, due, freshCursor, RETRY_MAX_MS, type Webhook } from "../../src/delivery/outbox.ts";

const NOW = 1_000_000_000_000;
const BASE_MS = 2_000;
const WEBHOOK: Webhook = { name: "w", url: "", secret: "", types: [], createdAt: 1, replayAt: 0 };
const DELIVERED: AttemptOutcome = { kind: "delivered" };
const DOWN: AttemptOutcome = { kind: "failed", retryAfterMs: null };
const TOO_LARGE: AttemptOutcome = { kind: "refused", reason: "too-large" };
const CONTENT: AttemptOutcome = { kind: "refused", reason: "content" };

const at = (acknowledged: number, more: Partial<Cursor> = {}): Cursor => ({
  ...freshCursor(acknowledged, WEBHOOK),
  ...more,
});
/** Of the events from `first` to `last`. */
const of = (first: number, last: number, more: Partial<Attempt> = {}): Attempt => ({
  upTo: last,
  sent: Array.from({ length: last - first + 1 }, (_, index) => first + index),
  transactions: [],
  expired: [],
  ...more,
});
const following = (
  cursor: Cursor,
  attempt: Attempt,
  outcome: AttemptOutcome,
  hasMore = true,
  random = 0,
  proof: number | null = null,
): Cursor => settled(cursor, attempt, outcome, { now: NOW, baseMs: BASE_MS, random, hasMore, proof });

describe("Bytes that wait", () => {
  const reached = (first: number, last: number) =>
    of(first, last).sent.map((sequence) => ({ sequence, bytes: 10 * sequence }));

  test("are less by those of the events that were delivered, whatever the webhook asked for of them", () => {
    const next = following(at(0, { passedBytes: 7 }), of(1, 3, { sent: [2], reached: reached(1, 3) }), DELIVERED);
    expect(next).toMatchObject({ acknowledged: 3, passedBytes: 67 });
    expect(following(at(0, { passedBytes: 7 }), of(1, 3, { reached: reached(1, 3) }), DOWN).passedBytes).toBe(7);
  });

  test("are not less twice by those that were given up while they were under way", () => {
    const thinned = at(1, { thinnedTo: 3, kept: 1, passedBytes: 30 });
    const next = following(thinned, of(1, 4, { transactions: [2], reached: reached(1, 4) }), DELIVERED);
    expect(next).toMatchObject({ acknowledged: 4, passedBytes: 30 + 20 + 40 });
  });
});

describe("Failures in a row", () => {
  test("wait twice as long each, between half and the whole, and never more than an hour", () => {
    let cursor = at(0);
    for (let failures = 0; failures < 40; failures++) {
      const longest = Math.min(BASE_MS * 2 ** failures, RETRY_MAX_MS);
      expect(following(cursor, of(1, 5), DOWN).retryAt - NOW).toBe(longest / 2);
      expect(following(cursor, of(1, 5), DOWN, true, 1 - 2 ** -30).retryAt - NOW).toBe(longest);
      cursor = following(cursor, of(1, 5), DOWN, true, 0.5);
      expect(cursor).toMatchObject({ acknowledged: 0, failures: failures + 1, deadFrom: 0 });
    }
  });

  test("are forgotten with the first success", () => {
    expect(following(following(at(0), of(1, 3), DOWN), of(1, 3), DELIVERED)).toEqual(at(3));
  });

  test("wait as long as the receiver asked for, and no longer than an hour", () => {
    const waits = (ms: number, cursor = at(0), random = 0) =>
      following(cursor, of(1, 3), { kind: "failed", retryAfterMs: ms }, true, random).retryAt - NOW;
    expect(waits(30_000)).toBe(30_000);
    expect(waits(30_000, at(0), 0.5)).toBe(31_500);
    expect(waits(RETRY_MAX_MS, at(0), 0.9)).toBe(RETRY_MAX_MS);
    // Sooner than the back-off has it, but not at once and for ever.
    expect(waits(90_000, at(0, { failures: 20 }))).toBe(90_000);
    expect(waits(1_000, at(0, { failures: 20 }))).toBe(60_000);
  });
});

describe("Events that are 72 h old", () => {
  test("are given up with the attempt that fails, and what came after them is next", () => {
    const attempt = of(11, 20, { expired: [11, 12, 13, 14, 15] });
    const cursor = following(at(10, { failures: 70 }), attempt, DOWN);
    expect(cursor).toMatchObject({ acknowledged: 15, deadFrom: 11, deadTo: 15, lost: 5, failures: 71 });
    expect(due(cursor, 20, cursor.retryAt)).toEqual({ at: "now" });
    const later = following(following(cursor, of(16, 20), DELIVERED), of(21, 30, { expired: [21, 22] }), DOWN);
    expect(later).toMatchObject({ acknowledged: 22, deadFrom: 11, deadTo: 22, lost: 7 });
  });
});

describe("A batch that is too large", () => {
  test("is halved at once, down to one event, without a wait", () => {
    let cursor = at(0);
    for (const half of [50, 25, 12, 6, 3, 1]) {
      cursor = following(cursor, of(1, Math.min(cursor.batchMax ?? 100, 100)), TOO_LARGE);
      expect(cursor).toEqual(at(0, { batchMax: half }));
    }
  });

  test("grows again with each that passes, and is forgotten once it is whole", () => {
    let cursor = at(0, { batchMax: 1 });
    let successes = 0;
    for (; cursor.batchMax !== undefined; successes++) {
      const next = cursor.acknowledged + 1;
      cursor = following(cursor, of(next, next + cursor.batchMax - 1), DELIVERED);
    }
    expect(successes).toBeLessThan(40);
    expect(Object.keys(cursor)).toEqual(Object.keys(at(0)));
    // Two that were all there was say nothing about more.
    expect(following(at(0, { batchMax: 50 }), of(1, 2), DELIVERED).batchMax).toBe(50);
  });

  test("and is one event is given up alone; the next one waits, so that a receiver that takes nothing loses little", () => {
    const cursor = following(at(6, { batchMax: 1 }), of(7, 7), TOO_LARGE);
    expect(cursor).toMatchObject({ acknowledged: 7, deadFrom: 7, deadTo: 7, lost: 1, failures: 1 });
    expect(cursor.retryAt).toBe(NOW + BASE_MS / 2);
  });
});

describe("A batch whose content is refused", () => {
  /** What becomes of 100 events at a receiver that refuses some; 0 is one that it took before. Every request it got. */
  function deliver(refuses: (sequence: number, request: number) => boolean, hasTaken: boolean, head = 100) {
    let cursor = at(0);
    const requests: number[][] = [];
    const passed: number[] = [];
    // Each wait that comes before events behind the one at fault are tried is over.
    const isDue = () => cursor.failures === 0 || cursor.retryAt === 0 || cursor.refusals !== undefined;
    while (cursor.acknowledged < head && isDue() && requests.length < 500) {
      const first = (cursor.suspectTo ?? cursor.acknowledged) + 1;
      const { proof, batchMax = 100 } = cursor;
      const attempt =
        proof === undefined ? of(first, Math.min(head, first + batchMax - 1)) : { ...of(proof, proof), upTo: 0 };
      requests.push([...attempt.sent]);
      const isRefused = attempt.sent.some((sequence) => refuses(sequence, requests.length));
      if (!isRefused) passed.push(...attempt.sent);
      const before = passed.findLast((sequence) => sequence <= cursor.acknowledged) ?? (hasTaken ? 0 : null);
      cursor = following(cursor, attempt, isRefused ? CONTENT : DELIVERED, attempt.upTo < head, 0, before);
    }
    return { cursor, requests, passed: [...new Set(passed)].filter((sequence) => sequence > 0) };
  }
  const all = Array.from({ length: 100 }, (_, index) => index + 1);
  /** Requests until a batch of 100 is cut down to one event. */
  const CUTS = 6;

  test("is tried as one event, each time after a wait, before what is behind it, where nothing was taken before", () => {
    const { requests, passed } = deliver((_, request) => request <= CUTS + UNPROVEN_RETRIES, false);
    expect(requests.slice(CUTS, CUTS + UNPROVEN_RETRIES + 1)).toEqual(Array(UNPROVEN_RETRIES + 1).fill([1]));
    expect(passed).toEqual(all);
    // Trouble of another kind in between says that it is the receiver.
    const refused = at(0, { batchMax: 1, refusals: UNPROVEN_RETRIES });
    expect(following(refused, of(1, 1), DOWN)).not.toHaveProperty("refusals");
  });

  test.each([1, 2, 37, 50, 99])("loses the one event that is at fault, number %i, and no other", (poison) => {
    const { cursor, requests, passed } = deliver((sequence) => sequence === poison, true);
    expect(passed).toEqual(all.filter((sequence) => sequence !== poison));
    expect(cursor).toMatchObject({ acknowledged: 100, deadFrom: poison, deadTo: poison, lost: 1, failures: 0 });
    expect(requests.length).toBeLessThan(40);
  });

  test("loses the one that is at fault also where nothing was taken before it, once one behind it passes", () => {
    const { cursor, passed } = deliver((sequence) => sequence === 1, false);
    expect(passed).toEqual(all.slice(1));
    expect(cursor).toMatchObject({ acknowledged: 100, deadFrom: 1, deadTo: 1, lost: 1, failures: 0 });
  });

  test.each([true, false])("loses several that follow each other (something was taken before: %s)", (hasTaken) => {
    const { cursor, passed } = deliver((sequence) => sequence >= 40 && sequence < 40 + SUSPECTS_MAX, hasTaken);
    expect(passed).toEqual(all.filter((sequence) => sequence < 40 || sequence >= 40 + SUSPECTS_MAX));
    expect(cursor).toMatchObject({ acknowledged: 100, lost: SUSPECTS_MAX, failures: 0 });
  });

  test.each([true, false])(
    "loses none where every single one is refused (something was taken before: %s)",
    (hasTaken) => {
      const { cursor, requests } = deliver(() => true, hasTaken);
      const failures = hasTaken ? 1 : 1 + UNPROVEN_RETRIES;
      const retryAt = NOW + (BASE_MS / 2) * 2 ** (failures - 1);
      expect(cursor).toEqual(at(0, { batchMax: 1, failures, retryAt }));
      expect(requests.length).toBeLessThan(20);
    },
  );

  test("loses none where nothing is behind the one that is refused, until there is", () => {
    const cursor = following(at(99, { batchMax: 1 }), of(100, 100), CONTENT, false);
    expect(cursor).toMatchObject({ acknowledged: 99, deadFrom: 0, failures: 1 });
    const tried = following({ ...cursor, refusals: UNPROVEN_RETRIES }, of(100, 100), CONTENT);
    expect(tried).toMatchObject({ acknowledged: 99, suspectTo: 100, suspects: 1, retryAt: 0 });
    const proven = following(tried, of(101, 101), DELIVERED);
    expect(proven).toMatchObject({ acknowledged: 99, proven: 1, deadFrom: 0 });
    expect(following(proven, of(100, 100), CONTENT)).toMatchObject({ acknowledged: 100, lost: 1, deadFrom: 100 });
    const nothing = of(101, 100, { upTo: 120 });
    expect(following(tried, nothing, DELIVERED)).toMatchObject({ acknowledged: 99, deadFrom: 0, failures: 2 });
  });

  test.each(Array.from({ length: 14 }, (_, index) => index + 1))(
    "loses none where the receiver that refuses everything recovers after %i requests",
    (requests) => {
      for (const hasTaken of [true, false]) {
        const { cursor, passed } = deliver((_, request) => request <= requests, hasTaken);
        // In their order, too, but where it took nothing before and recovers just while the events behind are tried.
        const isInOrder = hasTaken || requests < CUTS + UNPROVEN_RETRIES + 1;
        if (cursor.failures === 0) expect(isInOrder ? passed : passed.toSorted((a, b) => a - b)).toEqual(all);
        expect(cursor.deadFrom).toBe(0);
      }
    },
  );

  test("is given up after its 72 h, whatever else is refused", () => {
    const cursor = following(at(4, { batchMax: 1 }), of(5, 5, { expired: [5] }), CONTENT, true, 0, 3);
    expect(cursor).toMatchObject({ acknowledged: 5, deadFrom: 5, lost: 1, failures: 1 });
  });

  test("proves nothing while the receiver fails in another way", () => {
    const suspect = at(4, { suspectTo: 5, suspects: 1, batchMax: 1 });
    const next = following(suspect, of(6, 6), DOWN);
    expect(next).toEqual(at(4, { batchMax: 1, failures: 1, retryAt: NOW + BASE_MS / 2 }));
  });
});

describe("An attempt on a thinned backlog", () => {
  const thinned = at(4, { thinnedTo: 60, kept: 3, deadFrom: 6, deadTo: 60, lost: 52 });

  test("counts what it took of the transactions, until it is past the mark", () => {
    const first = { upTo: 30, sent: [5, 30], transactions: [5, 30], expired: [] };
    expect(following(thinned, first, DELIVERED)).toMatchObject({ acknowledged: 30, thinnedTo: 60, kept: 1 });
    const whole = { upTo: 80, sent: [5, 30, 44, 61], transactions: [5, 30, 44, 61], expired: [] };
    const { thinnedTo, kept, acknowledged } = following(thinned, whole, DELIVERED);
    expect([acknowledged, thinnedTo, kept]).toEqual([80, undefined, undefined]);
  });

  test("does not undo what was given up while it was under way", () => {
    const attempt = of(5, 20);
    expect(following(thinned, attempt, DOWN)).toMatchObject({ thinnedTo: 60, kept: 3, lost: 52 });
    expect(following({ ...thinned, acknowledged: 40 }, attempt, DELIVERED).acknowledged).toBe(40);
  });
});
