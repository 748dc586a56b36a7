import { expect, test } from "vitest";
import type { StationEvent } from "../../../src/delivery/event.ts";
import { isTaken, withAbandoned } from "../../../src/station/link/abandoned-calls.ts";
import { eventAnswered, isOver, type LinkProgress, nextEvent, passOver } from "../../../src/station/link/next-event.ts";
import type { EventLog } from "../../../src/station/storage/event-log.ts";

/** A log of that many events, of which the link knows none. */
function logOf(head: number) {
  const cursor = { acknowledged: 0 };
  const log = {
    head,
    cursorOf: () => cursor,
    advance: (_: unknown, { acknowledged }: typeof cursor) => Object.assign(cursor, { acknowledged }),
    read: ({ acknowledged }: typeof cursor, take: (event: StationEvent) => boolean) => {
      for (let sequence = acknowledged + 1; sequence <= head; sequence++) {
        const data = { messageId: `m${sequence}`, answeredBy: "edge" };
        if (!take({ sequence, type: "ocpp.call", data } as unknown as StationEvent)) return false;
      }
      return true;
    },
  } as unknown as EventLog;
  return { log, cursor };
}

/** Told as far as it goes; those of `ignored` are passed over at once. */
function told(log: EventLog, progress: LinkProgress, ignored: number[], isAsking: boolean): number[] {
  const all: number[] = [];
  for (let next = nextEvent(log, progress, isAsking); next !== null; next = nextEvent(log, progress, isAsking)) {
    all.push(next.sequence);
    progress.open = { messageId: `m${next.sequence}`, sequence: next.sequence, at: 0 };
    if (!ignored.includes(next.sequence)) {
      progress.open = null;
      eventAnswered(log, progress, next.sequence);
    } else if (isOver(log, progress, 10, 10, isAsking)) passOver(progress);
    else break;
  }
  return all;
}

test("Past an event that is not answered the others are told once, and that one again until it is answered", () => {
  const { log, cursor } = logOf(4);
  const progress: LinkProgress = { open: null };
  expect(told(log, progress, [2], true)).toEqual([1, 2, 3, 4]);
  expect(cursor.acknowledged).toBe(1);
  expect(told(log, progress, [2], false)).toEqual([2]);
  passOver(progress);
  expect([told(log, progress, [2], true), cursor.acknowledged]).toEqual([[], 1]);
  expect([told(log, progress, [], false), cursor.acknowledged]).toEqual([[2], 4]);
  expect(progress.passed).toBe(undefined);
});

test("Of two that are not answered none is taken for answered with the other", () => {
  const { log, cursor } = logOf(5);
  const progress: LinkProgress = { open: null };
  expect(told(log, progress, [2, 4], true)).toEqual([1, 2, 3, 4, 5]);
  expect([told(log, progress, [4], false), cursor.acknowledged]).toEqual([[2, 3, 4, 5, 4], 3]);
});

test("An event is waited for in its time; told again it gives way to what is new, and to a question", () => {
  const { log } = logOf(2);
  const open = { messageId: "m1", sequence: 1, at: 0 };
  expect([isOver(log, { open }, 9, 10), isOver(log, { open }, 10, 10)]).toEqual([false, true]);
  const [isNews, isNone] = [1, 2].map((to) => ({ open, passed: { to, isWhole: true } })) as [
    LinkProgress,
    LinkProgress,
  ];
  expect([isOver(log, isNews, 0, 10), isOver(log, isNone, 0, 10), isOver(log, isNone, 0, 10, true)]).toEqual([
    true,
    false,
    true,
  ]);
});

test("Behind an event that is not answered the news are told without a question too, and that one again", () => {
  const { log, cursor } = logOf(3);
  const progress: LinkProgress = { open: null };
  expect([told(log, progress, [1], false), cursor.acknowledged]).toEqual([[1, 2, 3, 1], 0]);
});

test("An id is another CALL's as long as one under it is not answered, and its own where that is the same", () => {
  const call = { messageId: "1", action: "Authorize", payload: { idTag: "A" } };
  const all = withAbandoned([], { messageId: "1", what: "#7" });
  expect([isTaken(all, call, null), isTaken(all, call, 7), isTaken(all, { ...call, messageId: "2" }, null)]).toEqual([
    true,
    false,
    false,
  ]);
  const many = Array.from({ length: 50 }, (_, index) => ({ messageId: String(index), what: "#1" }));
  expect(many.reduce(withAbandoned, [] as ReturnType<typeof withAbandoned>).length).toBe(16);
});
