import { describe, expect, test } from "vitest";
import { waitingFor } from "../../src/delivery/backlog.ts";
import {
  type Cursor,
  cursorKey,
  DEAD_LETTERS_MAX,
  due,
  freshCursor,
  lostEvents,
  replayed,
  RETRY_MAX_MS,
  spentUpTo,
  thinnedUpTo,
  wantedFrom,
  type Webhook,
  withDeadLetters,
} from "../../src/delivery/outbox.ts";

const NOW = 1_000_000_000_000;
const BACKLOG = 10_000;
const WEBHOOK: Webhook = { name: "w", url: "", secret: "", types: [], createdAt: 1, replayAt: 0 };
const at = (acknowledged: number, more: Partial<Cursor> = {}): Cursor => ({
  ...freshCursor(acknowledged, WEBHOOK),
  ...more,
});

describe("An attempt is due", () => {
  test("at once where nothing failed, at its time where something did, never where nothing waits", () => {
    expect(due(at(4), 5, NOW)).toEqual({ at: "now" });
    expect(due(at(4, { retryAt: NOW + 1 }), 5, NOW)).toEqual({ at: NOW + 1 });
    expect(due(at(4, { retryAt: NOW }), 5, NOW)).toEqual({ at: "now" });
    expect(due(at(5), 5, NOW)).toBeNull();
  });
});

describe("Events that were given up", () => {
  const dead = (acknowledged: number, deadFrom: number, deadTo: number): Cursor =>
    withDeadLetters(at(acknowledged), deadFrom, deadTo, deadTo - deadFrom + 1);

  test("stay in the log for a replay: the newest of them, while they are among the newest of a whole backlog", () => {
    expect(spentUpTo({ a: at(100), b: dead(15, 11, 15) }, 100, BACKLOG)).toBe(10);
    expect(spentUpTo({ a: at(20), b: dead(20, 11, 15) }, 100, BACKLOG)).toBe(10);
    const many = dead(5_000, 1, 5_000);
    expect(spentUpTo({ b: many }, 6_000, BACKLOG)).toBe(5_000 - DEAD_LETTERS_MAX);
    expect(spentUpTo({ b: at(20_000, { deadFrom: 11, deadTo: 15 }) }, 20_000, BACKLOG)).toBe(20_000 - BACKLOG);
    // What was never given up is never overwritten, however long ago.
    expect(spentUpTo({ b: dead(15, 11, 15) }, 50_000, BACKLOG)).toBe(15);
    expect(spentUpTo({ b: at(10) }, 50_000, BACKLOG)).toBe(10);
  });

  test("from before an event that still waits do not let go of that event", () => {
    const thinned = withDeadLetters(at(4, { thinnedTo: 60, kept: 3 }), 6, 60, 52);
    expect(spentUpTo({ a: thinned }, 100, 100)).toBe(4);
    expect(thinnedUpTo({ a: thinned }, 100, 100)).toBe(50);
    expect(thinnedUpTo({ a: thinned, b: at(30) }, 100, 100)).toBe(30);
  });

  test("are counted, also those that an older release did not count", () => {
    expect(lostEvents(at(9))).toBe(0);
    expect(lostEvents(dead(15, 11, 15))).toBe(5);
    expect(lostEvents(at(15, { deadFrom: 11 }))).toBe(5);
    expect(lostEvents(withDeadLetters(at(15, { deadFrom: 11 }), 20, 20, 1))).toBe(6);
  });
});

describe("A replay", () => {
  const called: Webhook = { ...WEBHOOK, replayAt: NOW };

  test("ends the wait, once for each call", () => {
    const waiting = at(4, { failures: 9, retryAt: NOW + RETRY_MAX_MS, batchMax: 3, suspectTo: 5, suspects: 1 });
    const after = replayed(waiting, called, 10, BACKLOG);
    expect(after).toEqual({ ...at(4), replayedAt: NOW });
    const again = { ...after, failures: 1 };
    expect(replayed(again, called, 10, BACKLOG)).toBe(again);
  });

  test("goes back to the first dead letter that is kept", () => {
    const dead = withDeadLetters(at(40), 11, 15, 5);
    expect(replayed(dead, called, 40, BACKLOG)).toEqual({ ...at(10), replayedAt: NOW });
    expect(replayed(withDeadLetters(at(5_000), 1, 5_000, 5_000), called, 5_000, BACKLOG).acknowledged).toBe(4_000);

    expect(replayed(withDeadLetters(at(30_000), 11, 15, 5), called, 30_000, BACKLOG).acknowledged).toBe(20_000);
  });

  test("of a thinned backlog sends what is kept of it, and fits into the bound", () => {
    const thinned = withDeadLetters(at(4, { thinnedTo: 60, kept: 3 }), 6, 60, 52);
    const after = replayed(thinned, called, 147, 100);
    expect(after).toEqual({ ...at(4), thinnedTo: 50, kept: 3, replayedAt: NOW });
    expect(waitingFor(after, 147)).toBeLessThanOrEqual(100);
    expect(replayed({ ...thinned, acknowledged: 70 }, called, 147, 100)).toEqual({ ...at(50), replayedAt: NOW });
  });

  test("from before a webhook was first heard of is none for it", () => {
    const fresh = freshCursor(7, called);
    expect(replayed(fresh, called, 9, BACKLOG)).toBe(fresh);
  });
});

test("Nothing is spent that some webhook still needs, and everything where there is none", () => {
  expect(spentUpTo({ a: at(9), b: at(3) }, 12, BACKLOG)).toBe(3);
  expect(spentUpTo({}, 12, BACKLOG)).toBe(12);
});

test("A webhook that was removed and made again under its name starts anew", () => {
  expect(cursorKey(WEBHOOK)).not.toBe(cursorKey({ ...WEBHOOK, createdAt: 2 }));
  expect(cursorKey(WEBHOOK)).toBe(cursorKey({ ...WEBHOOK, url: "https://elsewhere.example", replayAt: 5 }));
});

test("A webhook that was made before the clock was set back gets all that is kept, not nothing until the clock is there again", () => {
  const made = { ...WEBHOOK, createdAt: 7_200_000 };
  expect(wantedFrom(made, 7_200_000)).toBe(7_200_000);
  expect(wantedFrom(made, 7_199_999)).toBe(0);
});
