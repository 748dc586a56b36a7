import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { isAtBound, isBeyondBound, thinned, type Waiting, waitingFor } from "../../src/delivery/backlog.ts";
import { type Cursor, freshCursor, lostEvents, type Webhook } from "../../src/delivery/outbox.ts";

const BOUND = 100;
const WEBHOOK: Webhook = { name: "w", url: "", secret: "", types: [], createdAt: 1, replayAt: 0 };
const at = (acknowledged: number, more: Partial<Cursor> = {}): Cursor => ({
  ...freshCursor(acknowledged, WEBHOOK),
  ...more,
});

/** A dead webhook's cursor after each of so many events, and what it still would send. */
function flood(isTransaction: (sequence: number) => boolean, events: number) {
  let cursor = at(0);
  const rows: Waiting[] = [];
  const behind = (sequence: number) => rows.filter((row) => row.sequence > sequence);
  let most = 0;
  for (let head = 1; head <= events; head++) {
    rows.push({ sequence: head, transaction: isTransaction(head) ? 1 : 0 });
    if (isBeyondBound(cursor, head, BOUND)) {
      cursor = thinned(cursor, head, BOUND, behind, (from) => behind(from).filter((row) => row.transaction === 1));
    }
    most = Math.max(most, waitingFor(cursor, head));
  }
  const { acknowledged, thinnedTo = 0 } = cursor;
  const waiting = behind(acknowledged).filter((row) => row.sequence > thinnedTo || row.transaction === 1);
  return { cursor, most, waiting: waiting.map(({ sequence }) => sequence) };
}

describe("Beyond its bound a backlog loses", () => {
  test("nothing up to it", () => {
    expect(lostEvents(flood(() => false, BOUND).cursor)).toBe(0);
  });

  test("its oldest events, and keeps the newest", () => {
    const { cursor, waiting } = flood(() => false, 1_000);
    expect(waiting.at(-1)).toBe(1_000);
    expect(waiting.length).toBeGreaterThanOrEqual(BOUND * 0.8);
    expect(lostEvents(cursor)).toBe(1_000 - waiting.length);
    expect(cursor).toMatchObject({ deadFrom: 1, deadTo: 1_000 - waiting.length });
  });

  test("none of a transaction's while there are others", () => {
    const transactions = [3, 40, 41, 150, 600];
    const { cursor, waiting } = flood((sequence) => transactions.includes(sequence), 1_000);
    expect(waiting.slice(0, transactions.length)).toEqual(transactions);
    expect(cursor.acknowledged).toBe(0);
    expect(cursor.deadFrom).toBe(1);
  });

  test("the oldest of transactions' once there is nothing else, and one that is none before any of them", () => {
    const all = flood(() => true, 1_000);
    expect(all.waiting.at(-1)).toBe(1_000);
    expect(all.waiting.length).toBeGreaterThanOrEqual(BOUND * 0.98);
    const last = flood((sequence) => sequence < 1_000, 1_000);
    expect(last.waiting.at(-1)).toBe(999);
  });

  test("as many as it counts, whatever came, and never holds more than its bound", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }), (kinds) => {
        const { cursor, most, waiting } = flood((sequence) => kinds[sequence - 1] === true, kinds.length);
        expect(most).toBeLessThanOrEqual(BOUND);
        expect(waitingFor(cursor, kinds.length)).toBe(waiting.length);
        expect(lostEvents(cursor) + waiting.length).toBe(kinds.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe("A message may be refused", () => {
  const refused = (waiting: number[], failures = 1) =>
    (["periodic", "other", "transactional"] as const).filter((kind) =>
      isAtBound(
        Object.fromEntries(waiting.map((events, index) => [index, at(1_000 - events, { failures })])),
        1_000,
        BOUND,
        kind,
      ),
    );

  test("only if no webhook takes its events, periodic ones first", () => {
    expect(refused([])).toEqual([]);
    expect(refused([49])).toEqual([]);
    expect(refused([50])).toEqual(["periodic"]);
    expect(refused([80, 90])).toEqual(["periodic", "other"]);
    expect(refused([100, 100])).toEqual(["periodic", "other", "transactional"]);
    expect(refused([100, 100, 0])).toEqual([]);
  });

  test("only at the whole bound where a webhook takes its events, and is late", () => {
    expect(refused([99], 0)).toEqual([]);
    expect(refused([100], 0)).toEqual(["periodic", "other", "transactional"]);
  });
});
