import { expect, test } from "vitest";
import type { Delivery } from "./ledger.ts";
import { markUnread, readAnswerOf } from "./read-answers.ts";

const LINE = {
  level: "warn",
  message: "a delivery failed",
  stationId: "A",
  webhook: "busy",
  from: 1,
  to: 3,
  attempt: 1,
};
const event = (sequence: number) => ({ id: `i-${sequence}`, sequence, type: "ocpp.call", data: {}, text: "" });
const refused = (at: number, to = 3): Delivery =>
  ({
    webhook: "busy",
    stationId: "A",
    events: [event(to)],
    acknowledged: false,
    at,
    endedAt: at,
    retryAfterMs: 1_000,
  }) as Delivery;
const read = (at: number) => ({ at, stationId: "A", webhook: "busy", to: 3 });

test("A line of the log that tells of a 429 says which answer was read, and no other does", () => {
  expect(readAnswerOf(JSON.stringify({ ...LINE, reason: "status 429" }), 5)).toEqual(read(5));
  for (const line of ["ready", JSON.stringify({ ...LINE, reason: "status 503" })])
    expect(readAnswerOf(line, 5)).toBeNull();
});

test.each([
  ["that its sender has read", [100], [110], [false]],
  ["that nobody has read", [100], [], [true]],
  ["before the line", [100, 200], [150], [false, true]],
  ["that came last, where the one before was not read", [100, 200], [210], [true, false]],
  ["and another, though both lines came late", [100, 200], [210, 211], [false, false]],
])("The answer %s is told from those that were not", (_, told, lines, unread) => {
  const deliveries = told.map((at) => refused(at));
  const other = refused(90, 7);
  markUnread([...deliveries, other], lines.map(read));
  expect(deliveries.map(({ isUnread }) => isUnread === true)).toEqual(unread);
  expect(other.isUnread).toBe(true);
});
