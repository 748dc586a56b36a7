import { expect, test } from "vitest";
import type { StationEvent } from "../../../src/delivery/event.ts";
import { isTaken, withAbandoned } from "../../../src/station/link/abandoned-calls.ts";
import {
  answeredLate,
  answersInTime,
  dueAt,
  eventAnswered,
  isOver,
  type LinkProgress,
  nextEvent,
  passOver,
} from "../../../src/station/link/next-event.ts";
import type { EventLog } from "../../../src/station/storage/event-log.ts";

/** A log of that many events, of which the link knows none. */
function logOf(head: number) {
  const cursor = { acknowledged: 0, deadFrom: 0 };
  const log = {
    head,
    cursorOf: () => cursor,
    advance: (_: unknown, next: typeof cursor) => Object.assign(cursor, next),
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

const at = (now: number, isAsking = false) => ({ now, timeoutMs: 10, isAsking });

/** Told as far as it goes; those of `ignored` are passed over at once, where they may be. */
function told(log: EventLog, progress: LinkProgress, ignored: number[], moment = at(10)): number[] {
  const all: number[] = [];
  for (let next = nextEvent(log, progress, moment); next !== null; next = nextEvent(log, progress, moment)) {
    all.push(next.sequence);
    progress.open = { messageId: `m${next.sequence}`, sequence: next.sequence, at: moment.now - 10 };
    if (!ignored.includes(next.sequence)) {
      progress.open = null;
      eventAnswered(log, progress, next.sequence);
    } else if (isOver(log, progress, moment)) passOver(progress);
    else break;
  }
  return all;
}

test("Past an event that is not answered the others are told once, and that one again until it is answered", () => {
  const { log, cursor } = logOf(4);
  const progress: LinkProgress = { open: null };
  expect(told(log, progress, [2], at(10, true))).toEqual([1, 2, 3, 4]);
  expect(cursor.acknowledged).toBe(1);
  expect(told(log, progress, [2])).toEqual([2]);
  passOver(progress);
  expect([told(log, progress, [2], at(10, true)), cursor.acknowledged]).toEqual([[], 1]);
  expect([told(log, progress, [], at(20)), cursor.acknowledged]).toEqual([[2], 4]);
  expect(progress.passed).toBe(undefined);
});

test("Of two that are not answered none is taken for answered with the other", () => {
  const { log, cursor } = logOf(5);
  const progress: LinkProgress = { open: null };
  expect(told(log, progress, [2, 4], at(10, true))).toEqual([1, 2, 3, 4, 5]);
  expect([told(log, progress, [4]), cursor.acknowledged]).toEqual([[2, 3, 4, 5, 4], 3]);
});

test("An event is waited for in its time; told again it gives way to what is new, and to a question", () => {
  const { log } = logOf(2);
  const open = { messageId: "m1", sequence: 1, at: 0 };
  expect([isOver(log, { open }, at(9)), isOver(log, { open }, at(10))]).toEqual([false, true]);
  const [isNews, isNone] = [1, 2].map((to) => ({ open, passed: { to, isWhole: true } })) as [
    LinkProgress,
    LinkProgress,
  ];
  expect([isOver(log, isNews, at(0)), isOver(log, isNone, at(0)), isOver(log, isNone, at(0, true))]).toEqual([
    true,
    false,
    true,
  ]);
});

test("Behind an event that is not answered the news are told without a question too, and that one again", () => {
  const { log, cursor } = logOf(3);
  const progress: LinkProgress = { open: null };
  expect([told(log, progress, [1]), cursor.acknowledged]).toEqual([[1, 2, 3, 1], 0]);
});

test("An event that a CSMS ignores is told three times, ever more rarely; it is given up once it answers others", () => {
  const { log, cursor } = logOf(1);
  const progress: LinkProgress = { open: null };
  const times: number[] = [];
  for (let now: number | null = 0; now !== null; now = dueAt(progress, 10)) {
    if (progress.open !== null && isOver(log, progress, at(now))) passOver(progress);
    const next = nextEvent(log, progress, at(now));
    if (next === null) continue;
    times.push(now);
    progress.open = { messageId: "m1", sequence: next.sequence, at: now };
  }
  expect([times, cursor.acknowledged]).toEqual([[0, 10, 30], 0]);
  // A CSMS that answers nothing at all is down, and loses nothing. This one answers what came since.
  passOver(progress);
  expect([answersInTime(log, progress), dueAt(progress, 10)]).toEqual([null, 40]);
  for (const givenUp of [null, 1]) {
    progress.open = { messageId: "m1", sequence: 1, at: 100 };
    passOver(progress);
    expect(answersInTime(log, progress)).toBe(givenUp);
    expect(answersInTime(log, progress)).toBe(null);
  }
  expect([progress.passed, cursor]).toEqual([undefined, { acknowledged: 1, deadFrom: 1, deadTo: 1, lost: 1 }]);
});

test.each([
  ["answered late", (log: EventLog, progress: LinkProgress) => answeredLate(log, progress, "m1"), true, 0],
  [
    "given up",
    (log: EventLog, progress: LinkProgress) => {
      progress.passed = { to: 0, isWhole: false, ...progress.passed, ignored: 2 };
      return answersInTime(log, progress);
    },
    1,
    1,
  ],
])("An event that is %s settles none behind it that is not answered either", (_, settle, outcome, deadFrom) => {
  const { log, cursor } = logOf(4);
  const progress: LinkProgress = { open: null };
  expect(told(log, progress, [1, 3], at(10, true))).toEqual([1, 2, 3, 4]);
  expect([settle(log, progress), cursor.acknowledged, cursor.deadFrom]).toEqual([outcome, 1, deadFrom]);
  expect([told(log, progress, [3], at(10)), cursor.acknowledged]).toEqual([[2, 3, 4, 3], 2]);
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
