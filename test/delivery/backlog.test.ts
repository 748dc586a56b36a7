import { describe, expect, test } from "vitest";
import fc from "fast-check";
import {
  isAtBound,
  isBeyondBound,
  thinned,
  type Waiting,
  waitingBytes,
  waitingFor,
} from "../../src/delivery/backlog.ts";
import { type Cursor, freshCursor, lostEvents, type Webhook } from "../../src/delivery/outbox.ts";

const EVENTS = 100;
const NO_BYTES = { events: EVENTS, bytes: Number.POSITIVE_INFINITY };
const WEBHOOK: Webhook = { name: "w", url: "", secret: "", types: [], createdAt: 1, replayAt: 0 };
const at = (acknowledged: number, more: Partial<Cursor> = {}): Cursor => ({
  ...freshCursor(acknowledged, WEBHOOK),
  ...more,
});

/** A dead webhook's cursor after each of so many events, and what it still would send. */
function flood(
  isTransaction: (sequence: number) => boolean,
  events: number,
  bound = NO_BYTES,
  sizeOf: (sequence: number) => number = () => 1,
) {
  let cursor = at(0);
  let bytes = 0;
  let mostBytes = 0;
  const rows: Waiting[] = [];
  const behind = (sequence: number) => rows.filter((row) => row.sequence > sequence);
  let most = 0;
  for (let head = 1; head <= events; head++) {
    rows.push({ sequence: head, transaction: isTransaction(head) ? 1 : 0, bytes: sizeOf(head) });
    bytes += sizeOf(head);
    const end = { head, bytes };
    if (isBeyondBound(cursor, end, bound)) {
      cursor = thinned(cursor, end, bound, behind, (from) => behind(from).filter((row) => row.transaction === 1));
    }
    most = Math.max(most, waitingFor(cursor, head));
    mostBytes = Math.max(mostBytes, waitingBytes(cursor, end));
  }
  const { acknowledged, thinnedTo = 0 } = cursor;
  const waiting = behind(acknowledged).filter((row) => row.sequence > thinnedTo || row.transaction === 1);
  const ofWaiting = waiting.reduce((sum, event) => sum + event.bytes, 0);
  return { cursor, bytes, most, mostBytes, ofWaiting, waiting: waiting.map(({ sequence }) => sequence) };
}

describe("Beyond its bound a backlog loses", () => {
  test("nothing up to it", () => {
    expect(lostEvents(flood(() => false, EVENTS).cursor)).toBe(0);
  });

  test("its oldest events, and keeps the newest", () => {
    const { cursor, waiting } = flood(() => false, 1_000);
    expect(waiting.at(-1)).toBe(1_000);
    expect(waiting.length).toBeGreaterThanOrEqual(EVENTS * 0.8);
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
    expect(all.waiting.length).toBeGreaterThanOrEqual(EVENTS * 0.98);
    const last = flood((sequence) => sequence < 1_000, 1_000);
    expect(last.waiting.at(-1)).toBe(999);
  });

  test("as many as it counts, whatever came, and never holds more than its bound", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }), (kinds) => {
        const { cursor, most, waiting } = flood((sequence) => kinds[sequence - 1] === true, kinds.length);
        expect(most).toBeLessThanOrEqual(EVENTS);
        expect(waitingFor(cursor, kinds.length)).toBe(waiting.length);
        expect(lostEvents(cursor) + waiting.length).toBe(kinds.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe("Bytes bound a backlog as its events do: it", () => {
  const bound = { events: 1_000, bytes: 10_000 };

  test("loses no event for them up to the bound, and of large ones the oldest beyond it", () => {
    expect(
      lostEvents(
        flood(
          () => false,
          10,
          bound,
          () => 1_000,
        ).cursor,
      ),
    ).toBe(0);
    const { cursor, waiting, mostBytes } = flood(
      () => false,
      100,
      bound,
      () => 1_000,
    );
    expect(mostBytes).toBeLessThanOrEqual(bound.bytes);
    expect(waiting.at(-1)).toBe(100);
    expect(waiting.length).toBeGreaterThanOrEqual(9);
    expect(lostEvents(cursor)).toBe(100 - waiting.length);
  });

  test("keeps transactions to the last", () => {
    const { waiting } = flood(
      (sequence) => sequence % 20 === 0,
      100,
      bound,
      () => 1_000,
    );
    expect(waiting.slice(0, 5)).toEqual([20, 40, 60, 80, 95]);
    const all = flood(
      () => true,
      100,
      bound,
      () => 1_000,
    );
    expect(all.waiting.at(-1)).toBe(100);
    expect(all.mostBytes).toBeLessThanOrEqual(bound.bytes);
  });

  test("knows how many wait, whatever came, and never holds more than one bound or the other", () => {
    const event = fc.record({ isTransaction: fc.boolean(), bytes: fc.integer({ min: 1, max: 300 }) });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 400 }), (events) => {
        const kind = (sequence: number) => events[sequence - 1]?.isTransaction === true;
        const size = (sequence: number) => events[sequence - 1]?.bytes ?? 0;
        const both = { events: EVENTS, bytes: 10_000 };
        const { cursor, bytes, most, mostBytes, ofWaiting, waiting } = flood(kind, events.length, both, size);
        expect(most).toBeLessThanOrEqual(both.events);
        expect(mostBytes).toBeLessThanOrEqual(both.bytes);
        expect(waitingBytes(cursor, { bytes })).toBe(ofWaiting);
        expect(waitingFor(cursor, events.length)).toBe(waiting.length);
        expect(lostEvents(cursor) + waiting.length).toBe(events.length);
      }),
      { numRuns: 200 },
    );
  });

  test("has a station refused at the same shares", () => {
    const refused = (bytes: number) =>
      (["periodic", "other", "transactional"] as const).filter((kind) =>
        isAtBound({ one: at(0, { failures: 1, passedBytes: 0 }) }, { head: 1, bytes }, bound, kind),
      );
    expect(refused(4_999)).toEqual([]);
    expect(refused(5_000)).toEqual(["periodic"]);
    expect(refused(8_000)).toEqual(["periodic", "other"]);
    expect(refused(10_000)).toEqual(["periodic", "other", "transactional"]);
  });
});

describe("A message may be refused", () => {
  const refused = (waiting: number[], failures = 1) =>
    (["periodic", "other", "transactional"] as const).filter((kind) =>
      isAtBound(
        Object.fromEntries(waiting.map((events, index) => [index, at(1_000 - events, { failures })])),
        { head: 1_000, bytes: 0 },
        NO_BYTES,
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
