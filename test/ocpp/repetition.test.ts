import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CallIdentity,
  CLOCKLESS_WITHIN_MS,
  fingerprint,
  isRecognisable,
  isRepetition,
  isSameQuestion,
  type KeptCall,
  type Meanwhile,
  REPEATED_WITHIN_MS,
} from "../../src/ocpp/repetition.ts";
import { CLOCK_AHEAD_MAX_MS, CLOCK_BEHIND_MAX_MS, HELD_UP_MS } from "../../src/ocpp/station-clock.ts";
import { isTransactional } from "../../src/ocpp/actions.ts";

type Payload = Record<string, unknown>;
const AT = "2026-11-20T12:00:00.000Z";
const LATER = "2026-11-20T13:00:00.000Z";
const NEVER_SET = "1970-01-01T00:00:00Z";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A second behind `AT`. */
const KEPT_AT = Date.parse(AT) + 1_000;

const call = (action: string, payload: Payload, messageId = "old"): CallIdentity => ({ messageId, action, payload });
const start = (more: Payload = {}, messageId = "old") =>
  call("StartTransaction", { connectorId: 1, idTag: "A", meterStart: 0, timestamp: AT, ...more }, messageId);
const stop = (more: Payload = {}, messageId = "old") =>
  call("StopTransaction", { transactionId: 7, meterStop: 100, timestamp: AT, ...more }, messageId);
const event = (more: Payload = {}, messageId = "old") =>
  call(
    "TransactionEvent",
    {
      eventType: "Started",
      timestamp: AT,
      triggerReason: "Authorized",
      seqNo: 0,
      transactionInfo: { transactionId: "T" },
      evse: { id: 1 },
      idToken: { idToken: "A", type: "ISO14443" },
      ...more,
    },
    messageId,
  );
const transfer = (messageId: string) => call("DataTransfer", { vendorId: "v", data: "x" }, messageId);
const kept = (it: CallIdentity, answer: Payload | null = {}): KeptCall => ({ ...it, answer });
const clockless = { timestamp: NEVER_SET };

type Between = KeptCall & { at?: number };
interface Case {
  what: string;
  earlier: CallIdentity;
  now: CallIdentity;
  /** What the earlier one was answered. */
  answer?: Payload;
  meanwhile?: Partial<Omit<Meanwhile, "between">> & { between?: Between[] };
  is: "repetition" | "new";
}
const again = (it: CallIdentity): CallIdentity => ({ ...it, messageId: "new" });

/** docs/decisions/0027 has the same table, and 0035 that of `BY_THE_CLOCK`. */
const CASES: Case[] = [
  // What a set clock tells
  { what: "the same, under its id", earlier: start(), now: start(), is: "repetition" },
  { what: "the same, under a new id", earlier: start(), now: again(start()), is: "repetition" },
  {
    what: "the same after a day, a boot and other transactions: a queue that is replayed",
    earlier: start(),
    now: again(start()),
    meanwhile: {
      elapsedMs: 30 * HOUR,
      booted: true,
      between: [kept(stop({ timestamp: LATER })), kept(start({ meterStart: 100, timestamp: LATER }))],
    },
    is: "repetition",
  },
  {
    what: "a StopTransaction after a reboot",
    earlier: stop(),
    now: again(stop()),
    meanwhile: { booted: true },
    is: "repetition",
  },
  {
    what: "transactionId -1 after an offline start, said again after a reboot",
    earlier: stop({ transactionId: -1 }),
    now: again(stop({ transactionId: -1 })),
    meanwhile: { booted: true },
    is: "repetition",
  },
  {
    what: "the same instant written otherwise",
    earlier: start(),
    now: start({ timestamp: "2026-11-20T13:00:00+01:00" }),
    is: "repetition",
  },
  {
    what: "an hour offset that Date cannot read",
    earlier: start({ timestamp: "2026-11-20T13:00:00+01" }),
    now: again(start({ timestamp: "2026-11-20T13:00:00+01" })),
    is: "repetition",
  },
  { what: "another time", earlier: start(), now: start({ timestamp: "2026-11-20T12:00:01.000Z" }), is: "new" },
  { what: "another connector under the same id", earlier: start(), now: start({ connectorId: 2 }), is: "new" },
  { what: "another idTag under the same id", earlier: start(), now: start({ idTag: "B" }), is: "new" },
  { what: "another meter under the same id", earlier: stop(), now: stop({ meterStop: 300 }), is: "new" },
  { what: "a reservation", earlier: start(), now: start({ reservationId: 4 }), is: "new" },
  { what: "another action", earlier: start(), now: { ...start(), action: "StopTransaction" }, is: "new" },
  {
    what: "a TransactionEvent that says offline now",
    earlier: event(),
    now: event({ offline: true }, "new"),
    is: "repetition",
  },
  {
    what: "a counter that restarted, another day",
    earlier: event(),
    now: event({ timestamp: "2026-11-21T12:00:00.000Z" }),
    is: "new",
  },
  { what: "a counter that restarted, another EVSE", earlier: event(), now: event({ evse: { id: 2 } }), is: "new" },
  {
    what: "a counter that restarted, another driver",
    earlier: event(),
    now: event({ idToken: { idToken: "B", type: "ISO14443" } }),
    is: "new",
  },
  { what: "another seqNo", earlier: event(), now: event({ seqNo: 1 }), is: "new" },
  { what: "another transaction", earlier: event(), now: event({ transactionInfo: { transactionId: "U" } }), is: "new" },
  {
    what: "another eventType where seqNo sticks at 0",
    earlier: event(),
    now: event({ eventType: "Ended" }),
    is: "new",
  },
  { what: "other meter values where seqNo sticks at 0", earlier: event(), now: event({ meterValue: [] }), is: "new" },
  // A clock that was never set
  {
    what: "clockless: asked again at once, under a new id",
    earlier: start(clockless),
    now: again(start(clockless)),
    is: "repetition",
  },
  {
    what: "clockless: asked again after three hours without a network",
    earlier: start(clockless),
    now: again(start(clockless)),
    meanwhile: { elapsedMs: 3 * HOUR },
    is: "repetition",
  },
  {
    what: "clockless: a day later",
    earlier: start(clockless),
    now: start(clockless),
    meanwhile: { elapsedMs: CLOCKLESS_WITHIN_MS + 1 },
    is: "new",
  },
  {
    what: "clockless: after its transaction has ended",
    earlier: start(clockless),
    now: again(start(clockless)),
    meanwhile: { between: [kept(stop(clockless))] },
    is: "new",
  },
  {
    what: "clockless: after its transaction has ended, under its id",
    earlier: start(clockless),
    now: start(clockless),
    meanwhile: { between: [kept(stop(clockless))] },
    is: "new",
  },
  {
    what: "clockless: after another start on its connector",
    earlier: start(clockless),
    now: start(clockless),
    meanwhile: { between: [kept(start({ ...clockless, idTag: "B" }))] },
    is: "new",
  },
  {
    what: "clockless: after a start on another connector",
    earlier: start(clockless),
    now: again(start(clockless)),
    meanwhile: { between: [kept(start({ ...clockless, connectorId: 2 }))] },
    is: "repetition",
  },
  {
    what: "clockless: after what is no transaction",
    earlier: start(clockless),
    now: again(start(clockless)),
    meanwhile: { between: [kept(transfer("d"))] },
    is: "repetition",
  },
  {
    what: "clockless: after a boot, under a new id",
    earlier: start(clockless),
    now: again(start(clockless)),
    meanwhile: { booted: true },
    is: "new",
  },
  {
    what: "clockless: after a boot, at once and under its id",
    earlier: start(clockless),
    now: start(clockless),
    meanwhile: { booted: true, elapsedMs: REPEATED_WITHIN_MS },
    is: "repetition",
  },
  {
    what: "clockless: after a boot, later, under its id: ids may restart",
    earlier: start(clockless),
    now: start(clockless),
    meanwhile: { booted: true, elapsedMs: REPEATED_WITHIN_MS + 1 },
    is: "new",
  },
  {
    what: "clockless: year 1",
    earlier: start({ timestamp: "0001-01-01T00:00:00Z" }),
    now: again(start({ timestamp: "0001-01-01T00:00:00Z" })),
    meanwhile: { booted: true },
    is: "new",
  },
  {
    what: "clockless: year 2000",
    earlier: start({ timestamp: "2000-01-01T00:00:00Z" }),
    now: again(start({ timestamp: "2000-01-01T00:00:00Z" })),
    meanwhile: { booted: true },
    is: "new",
  },
  {
    what: "clockless: no timestamp",
    earlier: start({ timestamp: undefined }),
    now: again(start({ timestamp: undefined })),
    meanwhile: { booted: true },
    is: "new",
  },
  {
    what: "clockless: a timestamp that is none",
    earlier: start({ timestamp: "null" }),
    now: again(start({ timestamp: "null" })),
    meanwhile: { booted: true },
    is: "new",
  },
  {
    what: "clockless: two stops at the same meter, of two transactions",
    earlier: stop(clockless),
    now: stop({ ...clockless, transactionId: 8 }),
    is: "new",
  },
  {
    what: "clockless: a transaction that ended is ended once, also after a boot",
    earlier: stop(clockless),
    now: again(stop(clockless)),
    meanwhile: { booted: true, between: [kept(start(clockless), { transactionId: 8 })] },
    is: "repetition",
  },
  {
    what: "clockless: unless its number was given again",
    earlier: stop(clockless),
    now: again(stop(clockless)),
    meanwhile: { between: [kept(start(clockless), { transactionId: 7 })] },
    is: "new",
  },
  {
    what: "clockless: transactionId -1 at once",
    earlier: stop({ ...clockless, transactionId: -1 }),
    now: again(stop({ ...clockless, transactionId: -1 })),
    is: "repetition",
  },
  {
    what: "clockless: transactionId -1 after another start",
    earlier: stop({ ...clockless, transactionId: -1 }),
    now: again(stop({ ...clockless, transactionId: -1 })),
    meanwhile: { between: [kept(start(clockless), { transactionId: 8 })] },
    is: "new",
  },
  {
    what: "clockless: an event at once",
    earlier: event(clockless),
    now: event({ ...clockless, offline: true }, "new"),
    is: "repetition",
  },
  {
    what: "clockless: an event after a power cut",
    earlier: event(clockless),
    now: again(event(clockless)),
    meanwhile: { booted: true },
    is: "new",
  },
  {
    what: "clockless: an event after the next of its transaction",
    earlier: event(clockless),
    now: again(event(clockless)),
    meanwhile: { between: [kept(event({ ...clockless, evse: undefined, seqNo: 1, eventType: "Updated" }))] },
    is: "new",
  },
  {
    what: "clockless: an event after one of another transaction at its EVSE",
    earlier: event(clockless),
    now: again(event(clockless)),
    meanwhile: { between: [kept(event({ ...clockless, transactionInfo: { transactionId: "U" } }))] },
    is: "new",
  },
  {
    what: "clockless: an event after one of another EVSE",
    earlier: event(clockless),
    now: again(event(clockless)),
    meanwhile: { between: [kept(event({ ...clockless, evse: { id: 2 }, transactionInfo: { transactionId: "U" } }))] },
    is: "repetition",
  },
  {
    what: "clockless: more lies between than is looked through",
    earlier: start(clockless),
    now: again(start(clockless)),
    meanwhile: { between: Array.from({ length: 17 }, (_, i) => kept(start({ connectorId: i + 2 }))) },
    is: "new",
  },
  // What is no message of a transaction
  {
    what: "a DataTransfer under its id, at once",
    earlier: transfer("d"),
    now: transfer("d"),
    meanwhile: { elapsedMs: REPEATED_WITHIN_MS },
    is: "repetition",
  },
  {
    what: "a DataTransfer under its id, later",
    earlier: transfer("d"),
    now: transfer("d"),
    meanwhile: { elapsedMs: REPEATED_WITHIN_MS + 1 },
    is: "new",
  },
  { what: "a DataTransfer under a new id", earlier: transfer("d"), now: transfer("e"), is: "new" },
];

const SEVEN = { transactionId: 7, idTagInfo: { status: "Accepted" } };
const began = { earlier: start(), now: again(start()), answer: SEVEN };
const begun = { earlier: event(), now: again(event()) };
/** As it was said: at a clock that is behind, or from a queue. */
const DAYS_LATE = KEPT_AT + 5 * DAY;
const stuckAt = (timestamp: string) => ({
  earlier: start({ timestamp }),
  now: again(start({ timestamp })),
  answer: SEVEN,
});

/** A clock that sticks at a date that could be right. */
const BY_THE_CLOCK: Case[] = [
  ...[
    "2011-01-01T00:00:00Z",
    "2020-01-01T00:00:00Z",
    "2036-02-07T06:28:16Z",
    "2099-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
  ].flatMap((timestamp): Case[] => [
    { what: `${timestamp}: asked again at once`, ...stuckAt(timestamp), is: "repetition" },
    {
      what: `${timestamp}: after its end, whenever that was by the clock`,
      ...stuckAt(timestamp),
      meanwhile: { between: [kept(stop({ timestamp: LATER }))] },
      is: "new",
    },
    { what: `${timestamp}: after a boot`, ...stuckAt(timestamp), meanwhile: { booted: true }, is: "new" },
  ]),
  {
    what: "two years in a queue",
    ...began,
    meanwhile: {
      keptAt: Date.parse(AT) + CLOCK_BEHIND_MAX_MS,
      between: [kept(stop({ timestamp: LATER }))],
      booted: true,
    },
    is: "repetition",
  },
  {
    what: "more than two years",
    ...began,
    meanwhile: {
      keptAt: Date.parse(AT) + CLOCK_BEHIND_MAX_MS + 1,
      between: [kept(stop({ timestamp: LATER }))],
      booted: true,
    },
    is: "new",
  },
  {
    what: "a day ahead",
    ...began,
    meanwhile: { keptAt: Date.parse(AT) - CLOCK_AHEAD_MAX_MS, booted: true },
    is: "repetition",
  },
  {
    what: "more than a day ahead",
    ...began,
    meanwhile: { keptAt: Date.parse(AT) - CLOCK_AHEAD_MAX_MS - 1, booted: true },
    is: "new",
  },
  // Order as proof
  { what: "after its end in the same second", ...began, meanwhile: { between: [kept(stop())] }, is: "new" },
  {
    what: "after its end in the same second, under its id",
    ...began,
    now: start(),
    meanwhile: { between: [kept(stop())] },
    is: "new",
  },
  {
    what: "after its end at an earlier time",
    ...began,
    meanwhile: { between: [kept(stop({ timestamp: "2026-11-20T11:00:00Z" }))] },
    is: "new",
  },
  {
    what: "after its end at a time that none can read",
    ...began,
    meanwhile: { between: [kept(stop({ timestamp: "now" }))] },
    is: "new",
  },
  {
    what: "after an end of no transaction in the same second",
    ...began,
    meanwhile: { between: [kept(stop({ transactionId: 0 }))] },
    is: "new",
  },
  {
    what: "after another one's end in the same second",
    ...began,
    meanwhile: { between: [kept(stop({ transactionId: 8 }))] },
    is: "repetition",
  },
  {
    what: "after another driver's start on its connector in the same second",
    ...began,
    meanwhile: { between: [kept(start({ idTag: "B" }))] },
    is: "new",
  },
  {
    what: "after a start on another connector in the same second",
    ...began,
    meanwhile: { between: [kept(start({ connectorId: 2 }))] },
    is: "repetition",
  },
  {
    what: "after its end an hour later, and a boot: a queue that is replayed",
    ...began,
    meanwhile: { booted: true, between: [kept(stop({ timestamp: LATER }))] },
    is: "repetition",
  },
  {
    what: "the same where Date cannot read the zone",
    ...stuckAt("2026-11-20T12:00:00+03"),
    meanwhile: { booted: true, between: [kept(stop({ timestamp: "2026-11-20T13:00:00+03" }))] },
    is: "repetition",
  },
  {
    what: "after more calls than are looked through",
    ...began,
    meanwhile: {
      booted: true,
      between: Array.from({ length: 17 }, (_, i) => kept(start({ timestamp: LATER, meterStart: i + 1 }))),
    },
    is: "repetition",
  },
  // Days late: a queue, or a clock that is wrong
  {
    what: "days late: asked again",
    ...began,
    meanwhile: { keptAt: DAYS_LATE, elapsedMs: 30 * HOUR },
    is: "repetition",
  },
  {
    what: "days late: after a boot",
    ...began,
    meanwhile: { keptAt: DAYS_LATE, booted: true, elapsedMs: REPEATED_WITHIN_MS + 1 },
    is: "new",
  },
  {
    what: "days late: after a boot, under its id and at once",
    ...began,
    now: start(),
    meanwhile: { keptAt: DAYS_LATE, booted: true },
    is: "repetition",
  },
  {
    what: "days late: after its end and a boot, both at once for us and an hour apart for the station: a queue",
    ...began,
    meanwhile: { keptAt: DAYS_LATE, booted: true, between: [kept(stop({ timestamp: LATER }))] },
    is: "repetition",
  },
  {
    what: "days late: after its end and a boot, both at once for us and a minute apart for the station: a queue",
    ...began,
    meanwhile: { keptAt: DAYS_LATE, booted: true, between: [kept(stop({ timestamp: "2026-11-20T12:01:00.000Z" }))] },
    is: "repetition",
  },
  {
    what: "days late: after its end and a boot, an hour apart for both: said as it happened, by a clock that is wrong",
    ...began,
    meanwhile: {
      keptAt: DAYS_LATE,
      booted: true,
      between: [{ ...kept(stop({ timestamp: LATER })), at: DAYS_LATE + HOUR }],
    },
    is: "new",
  },
  {
    what: "days late: after an end that was said as it happened, since the clock was set meanwhile, and a boot",
    ...began,
    meanwhile: {
      keptAt: DAYS_LATE,
      booted: true,
      between: [{ ...kept(stop({ timestamp: new Date(DAYS_LATE).toISOString() })), at: DAYS_LATE + HELD_UP_MS }],
    },
    is: "new",
  },
  // A transaction ends once, unless its number is given again
  {
    what: "a stop under a number that was given again since, at a later time",
    earlier: stop(),
    now: again(stop()),
    meanwhile: { between: [kept(start({ timestamp: LATER }), SEVEN)] },
    is: "repetition",
  },
  {
    what: "a stop under a number that was given again since, by a clock that stands",
    earlier: stop(),
    now: again(stop()),
    meanwhile: { between: [kept(start({ meterStart: 100 }), SEVEN)] },
    is: "new",
  },
  {
    what: "a stop of no transaction after a start by a clock that stands",
    earlier: stop({ transactionId: -1 }),
    now: again(stop({ transactionId: -1 })),
    meanwhile: { between: [kept(start({ meterStart: 100 }))] },
    is: "new",
  },
  {
    what: "a stop days late, after a boot",
    earlier: stop(),
    now: again(stop()),
    meanwhile: { keptAt: DAYS_LATE, booted: true },
    is: "repetition",
  },
  // 2.x
  {
    what: "a Started after an Ended of its transaction in the same second",
    ...begun,
    meanwhile: { between: [kept(event({ eventType: "Ended", seqNo: 1 }))] },
    is: "new",
  },
  {
    what: "a Started after an Updated in the same second",
    ...begun,
    meanwhile: { booted: true, between: [kept(event({ eventType: "Updated", seqNo: 1 }))] },
    is: "repetition",
  },
  {
    what: "a Started after another driver's at its EVSE in the same second",
    ...begun,
    meanwhile: { between: [kept(event({ transactionInfo: { transactionId: "U" }, idToken: undefined }))] },
    is: "new",
  },
  {
    what: "a Started after another one's Ended in the same second",
    ...begun,
    meanwhile: { between: [kept(event({ eventType: "Ended", transactionInfo: { transactionId: "U" } }))] },
    is: "repetition",
  },
  {
    what: "a Started after its Ended an hour later and a boot",
    ...begun,
    meanwhile: { booted: true, between: [kept(event({ eventType: "Ended", timestamp: LATER }))] },
    is: "repetition",
  },
  {
    what: "a Started days late after a power cut",
    ...begun,
    meanwhile: { keptAt: DAYS_LATE, booted: true },
    is: "new",
  },
  {
    what: "a Started days late after what came from a queue with it, and a boot",
    ...begun,
    meanwhile: { keptAt: DAYS_LATE, booted: true, between: [kept(event({ eventType: "Updated", timestamp: LATER }))] },
    is: "repetition",
  },
  {
    what: "a Started days late, a power cut, and another transaction of its number that came from a queue",
    ...begun,
    meanwhile: {
      keptAt: DAYS_LATE,
      booted: true,
      between: [kept(event({ timestamp: LATER })), kept(event({ eventType: "Ended", timestamp: LATER }))],
    },
    is: "new",
  },
  {
    what: "an Updated after a Started of its transaction by a clock that stands",
    earlier: event({ eventType: "Updated", seqNo: 1 }),
    now: again(event({ eventType: "Updated", seqNo: 1 })),
    meanwhile: { between: [kept(event({ eventType: "Ended", seqNo: 2 })), kept(event())] },
    is: "new",
  },
  {
    what: "a Started after many Updated and an Ended in the same second",
    ...begun,
    meanwhile: {
      between: [
        ...Array.from({ length: 40 }, (_, i) => kept(event({ eventType: "Updated", seqNo: i + 1 }))),
        kept(event({ eventType: "Ended", seqNo: 41 })),
      ],
    },
    is: "new",
  },
  {
    what: "an Updated after an Ended in the same second: a queue that is replayed",
    earlier: event({ eventType: "Updated", seqNo: 1 }),
    now: again(event({ eventType: "Updated", seqNo: 1 })),
    meanwhile: { booted: true, between: [kept(event({ eventType: "Ended", seqNo: 2 }))] },
    is: "repetition",
  },
  {
    what: "an Ended days late after a boot",
    earlier: event({ eventType: "Ended", seqNo: 2 }),
    now: again(event({ eventType: "Ended", seqNo: 2 })),
    meanwhile: { keptAt: DAYS_LATE, booted: true },
    is: "repetition",
  },
];

test.each([...CASES, ...BY_THE_CLOCK])("$what: $is", ({ earlier, now, answer, meanwhile, is }) => {
  const keptAt = meanwhile?.keptAt ?? KEPT_AT;
  const between = (meanwhile?.between ?? []).map((each, index) => ({ at: keptAt + index + 1, ...each }));
  const lies = { elapsedMs: 5_000, booted: false, ...meanwhile, keptAt, between };
  expect(isRepetition(now, kept(earlier, answer), lies)).toBe(is === "repetition");
  if (is === "repetition") expect(fingerprint(now)).toBe(fingerprint(earlier));
});

test.each([
  ["StartTransaction", {}, true],
  ["StopTransaction", {}, true],
  ["TransactionEvent", {}, true],
  ["DataTransfer", {}, true],
  ["SignCertificate", {}, true],
  ["Authorize", {}, false],
  ["BootNotification", {}, false],
  ["StatusNotification", {}, false],
  ["MeterValues", {}, false],
])("%s can be recognised once its answer is kept: %s %s", (action, payload, is) => {
  expect(isRecognisable({ action, payload })).toBe(is);
});

describe("a question that runs", () => {
  test.each([
    ["the same StartTransaction under a new id", start(), again(start()), true],
    [
      "the same Authorize under a new id",
      call("Authorize", { idTag: "A" }),
      call("Authorize", { idTag: "A" }, "new"),
      true,
    ],
    ["another idTag under its id", call("Authorize", { idTag: "A" }), call("Authorize", { idTag: "B" }), false],
    ["a DataTransfer under its id", transfer("d"), transfer("d"), true],
    ["a DataTransfer under a new id", transfer("d"), transfer("e"), false],
  ])("is joined by %s: %s", (_, asked, now, is) => {
    expect(isSameQuestion(now, asked)).toBe(is);
  });
});

describe("whatever a message holds,", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const transactional = fc.record({
    action: fc.constantFrom("StartTransaction", "StopTransaction", "TransactionEvent", "DataTransfer"),
    messageId: fc.constantFrom("a", "b"),
    payload: fc
      .dictionary(fc.string(), value)
      .map((payload): Payload => JSON.parse(JSON.stringify({ ...payload, timestamp: AT }))),
  });
  const QUIET: Meanwhile = { keptAt: KEPT_AT, elapsedMs: 0, booted: false, between: [] };

  /** The same JSON value with its keys in another order, other spaces, and numbers spelled otherwise. */
  function rewritten(of: unknown): string {
    if (Array.isArray(of)) return `[ ${of.map(rewritten).join(" ,\n")} ]`;
    if (typeof of === "object" && of !== null) {
      const entries = Object.entries(of).reverse();
      return `{\t${entries.map(([key, each]) => `${JSON.stringify(key)} : ${rewritten(each)}`).join(" , ")}}`;
    }
    if (typeof of !== "number") return JSON.stringify(of);
    return Number.isInteger(of) && Math.abs(of) < 1e15 ? `${of}.0e+0` : of.toExponential();
  }

  test("the order of its keys, its spaces and how its numbers are written never matter", () => {
    fc.assert(
      fc.property(transactional, (it) => {
        const other = { ...it, payload: JSON.parse(rewritten(it.payload)) as Payload };
        expect(isRepetition(other, kept(it), QUIET)).toBe(true);
        expect(fingerprint(other)).toBe(fingerprint(it));
      }),
      { numRuns: 500 },
    );
  });

  test("any other value in it makes another message", () => {
    fc.assert(
      fc.property(transactional, fc.string(), value, value, (it, key, one, other) => {
        fc.pre(!["offline", "timestamp", "__proto__"].includes(key));
        const [a, b] = [one, other].map((each) => JSON.parse(JSON.stringify({ each })).each as unknown);
        fc.pre(rewritten(sorted(a)) !== rewritten(sorted(b)));
        const [first, second] = [a, b].map((each) => ({ ...it, payload: { ...it.payload, [key]: each } }));
        if (first === undefined || second === undefined) throw new Error("there are two");
        expect(isRepetition(second, kept(first), QUIET)).toBe(false);
        expect(
          isRepetition(
            { ...first, payload: it.payload },
            kept({ ...it, payload: { ...it.payload, [`${key} `]: a } }),
            QUIET,
          ),
        ).toBe(
          Object.hasOwn(it.payload, `${key} `) && rewritten(sorted(it.payload[`${key} `])) === rewritten(sorted(a)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("the id decides alone where it is no transaction's", () => {
    fc.assert(
      fc.property(transactional, fc.constantFrom("a", "b"), (it, messageId) => {
        const other = { ...it, messageId };
        const expected = isTransactional(it.action) || messageId === it.messageId;
        expect(isRepetition(other, kept(it), QUIET)).toBe(expected);
      }),
    );
  });
});

function sorted(of: unknown): unknown {
  if (Array.isArray(of)) return of.map(sorted);
  if (typeof of !== "object" || of === null) return of;
  return Object.fromEntries(
    Object.entries(of)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
