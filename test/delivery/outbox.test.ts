import { describe, expect, test } from "vitest";
import {
  type Cursor,
  cursorKey,
  DEAD_LETTERS_MAX,
  due,
  failed,
  freshCursor,
  replayed,
  RETRY_MAX_MS,
  spentUpTo,
  succeeded,
  type Webhook,
} from "../../src/delivery/outbox.ts";

const NOW = 1_000_000_000_000;
const BASE_MS = 2_000;
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

describe("Failures in a row", () => {
  test("wait twice as long each, between half and the whole, and never more than an hour", () => {
    let cursor = at(0);
    for (let failures = 0; failures < 40; failures++) {
      const longest = Math.min(BASE_MS * 2 ** failures, RETRY_MAX_MS);
      expect(failed(cursor, null, NOW, BASE_MS, 0).retryAt - NOW).toBe(longest / 2);
      expect(failed(cursor, null, NOW, BASE_MS, 1 - 2 ** -30).retryAt - NOW).toBe(longest);
      cursor = failed(cursor, null, NOW, BASE_MS, 0.5);
      expect(cursor).toMatchObject({ acknowledged: 0, failures: failures + 1, deadFrom: 0 });
    }
  });

  test("are forgotten with the first success", () => {
    expect(succeeded(failed(at(0), null, NOW, BASE_MS, 0), 3)).toEqual(at(3));
  });
});

describe("Events that are 72 h old", () => {
  test("are given up with the attempt that fails, and what came after them is next", () => {
    const cursor = failed(at(10, { failures: 70 }), 15, NOW, BASE_MS, 0);
    expect(cursor).toMatchObject({ acknowledged: 15, deadFrom: 11, failures: 71 });
    expect(due(cursor, 20, cursor.retryAt)).toEqual({ at: "now" });
  });

  test("keep the first of them where more are given up later, or others succeed in between", () => {
    const first = failed(at(10), 15, NOW, BASE_MS, 0);
    expect(failed(first, 30, NOW, BASE_MS, 0)).toMatchObject({ acknowledged: 30, deadFrom: 11 });
    expect(failed(succeeded(first, 20), 30, NOW, BASE_MS, 0)).toMatchObject({ acknowledged: 30, deadFrom: 11 });
  });

  test("stay in the log for a replay, as many as are kept", () => {
    const dead = failed(at(10), 15, NOW, BASE_MS, 0);
    expect(spentUpTo({ a: at(100), b: dead }, 100)).toBe(10);
    expect(spentUpTo({ a: at(20), b: succeeded(dead, 20) }, 100)).toBe(10);
    const head = 15 + DEAD_LETTERS_MAX + 1;
    expect(spentUpTo({ b: succeeded(dead, head) }, head)).toBe(16);
    // What was never given up is never overwritten, however long ago.
    expect(spentUpTo({ b: dead }, 5_000)).toBe(15);
    expect(spentUpTo({ b: at(10) }, 5_000)).toBe(10);
  });
});

describe("A replay", () => {
  const called: Webhook = { ...WEBHOOK, replayAt: NOW };

  test("ends the wait, once for each call", () => {
    const waiting = at(4, { failures: 9, retryAt: NOW + RETRY_MAX_MS });
    const after = replayed(waiting, called);
    expect(after).toEqual({ ...at(4), replayedAt: NOW });
    const again = failed(after, null, NOW, BASE_MS, 0);
    expect(replayed(again, called)).toBe(again);
  });

  test("goes back to the first dead letter", () => {
    const dead = succeeded(failed(at(10), 15, NOW, BASE_MS, 0), 40);
    expect(replayed(dead, called)).toMatchObject({ acknowledged: 10, deadFrom: 0, retryAt: 0 });
  });

  test("from before a webhook was first heard of is none for it", () => {
    const fresh = freshCursor(7, called);
    expect(replayed(fresh, called)).toBe(fresh);
  });
});

test("Nothing is spent that some webhook still needs, and everything where there is none", () => {
  expect(spentUpTo({ a: at(9), b: at(3) }, 12)).toBe(3);
  expect(spentUpTo({}, 12)).toBe(12);
});

test("A webhook that was removed and made again under its name starts anew", () => {
  expect(cursorKey(WEBHOOK)).not.toBe(cursorKey({ ...WEBHOOK, createdAt: 2 }));
  expect(cursorKey(WEBHOOK)).toBe(cursorKey({ ...WEBHOOK, url: "https://elsewhere.example", replayAt: 5 }));
});
