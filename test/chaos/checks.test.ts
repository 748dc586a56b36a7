import { describe, expect, test } from "vitest";
import { allChecks } from "./checks.ts";
import type {
  CommandRequest,
  CommandView,
  Delivery,
  Deregistration,
  Ledgers,
  Payload,
  SeenEvent,
  StationView,
} from "./ledger.ts";
import { StationRecorder } from "./station-recorder.ts";

const START = { idTag: "A", meterStart: 1 };
const STOP = { transactionId: 7, meterStop: 2 };
const METER = { connectorId: 1, meterValue: [1] };

const event = (sequence: number, type: string, data: unknown, id = `x-${sequence}`): SeenEvent => {
  const whole = { id, sequence, type, data };
  return { ...whole, text: JSON.stringify(whole) };
};
const call = (sequence: number, action: string, payload: Payload, answer: unknown = {}, id?: string): SeenEvent =>
  event(sequence, "ocpp.call", { action, payload, answer }, id);
const connected = (sequence: number, connectionId = "c1") =>
  event(sequence, "ocpp.station.connected", { connectionId });
const disconnected = (sequence: number, connectionId = "c1") =>
  event(sequence, "ocpp.station.disconnected", { connectionId });
const delivery = (events: SeenEvent[], more: Partial<Delivery> = {}): Delivery => ({
  webhook: "everything",
  stationId: "S",
  events,
  acknowledged: true,
  at: 0,
  endedAt: 0,
  ...more,
});
const COMMAND: CommandView = {
  commandId: "m1",
  stationId: "S",
  action: "DataTransfer",
  state: "result",
  payload: { status: "Accepted", data: "S-1" },
};
const REQUEST: CommandRequest = {
  key: "k1",
  stationId: "S",
  action: "DataTransfer",
  retry: "never",
  commandIds: ["m1"],
  from: 0,
  until: 1,
};
/** When the one deregistration of a story was sent and answered. */
const END: Deregistration = { stationId: "S", sentAt: 100, endedAt: 200, tookMs: [100], commands: [] };

const VIEW: StationView = {
  stationId: "S",
  online: true,
  queuedEvents: 0,
  queuedCommands: 0,
  registration: "0",
  bootedAs: "0",
};

interface Story {
  ledgers: Ledgers;
  recorder: StationRecorder;
}

/** All is as it should be: a station that connected, charged, and did what one command asked. */
function goodStory(): Story {
  const recorder = new StationRecorder("S", () => 10);
  recorder.connected();
  recorder.ledger.bootedAs = "0";
  const say = (action: string, payload: Payload, messageId: string, answer: Payload) => {
    recorder.attempt(recorder.wants(action, payload), messageId);
    recorder.received(JSON.stringify([3, messageId, answer]));
  };
  say("StartTransaction", START, "a", { transactionId: 7 });
  say("MeterValues", METER, "b", {});
  say("StopTransaction", STOP, "c", {});
  recorder.received(JSON.stringify([2, "m1", "DataTransfer", { vendorId: "chaos", data: "k1" }]));
  recorder.sent(JSON.stringify([3, "m1", COMMAND.payload]));
  const events = [
    connected(1),
    call(2, "StartTransaction", START, { transactionId: 7 }),
    call(3, "MeterValues", METER),
    call(4, "StopTransaction", STOP),
    event(5, "ocpp.command.completed", COMMAND),
  ];
  const ledgers: Ledgers = {
    stations: [recorder.ledger],
    deliveries: [
      delivery(events.slice(0, 2), { acknowledged: false }),
      delivery(events.slice(0, 3)),
      delivery(events.slice(3)),
    ],
    requests: [{ ...REQUEST, commandIds: ["m1"] }],
    commands: [COMMAND],
    views: [VIEW],
    webhooks: { everything: [], others: ["ocpp.security"] },
    guests: [],
    deregistrations: [],
    registrations: [],
    lastNumbers: {},
    interruptions: [],
    clockJumps: [],
    replays: [],
    health: [{ at: 0, tookMs: 20, status: 200 }],
    idle: [{ name: "workerd", shares: [0.99, 0.99, 0.02] }],
    starts: [],
    bounds: { healthMs: 1_000, deregisteredMs: 2_000 },
  };
  return { ledgers, recorder };
}

/** The titles of the checks that find something. */
const broken = (ledgers: Ledgers): string[] =>
  allChecks.filter(({ find }) => find(ledgers).length > 0).map(({ title }) => title);

test("A run in which all went well breaks nothing", () => {
  expect(broken(goodStory().ledgers)).toEqual([]);
});

const LOST = "transactional messages acknowledged and not delivered";
const LOST_OTHER = "other messages acknowledged and not delivered";
const UNANSWERED = "transactional messages never acknowledged to their station";
const AHEAD = "deliveries that ran ahead of an unacknowledged event";
const MISSING = "events that a webhook for all of them was never given";
const DISORDER = "transactional messages delivered in another order than the station's";
const TWINS = "events with two ids";
const CHANGED = "events that changed under their id or sequence";
const MISQUOTED = "events that tell another answer than the station got";
const TWICE = "commands executed twice without `retry: always`";
const CONTRADICTED = "commands in a state that contradicts the station";
const UNFINISHED = "commands that have not ended";
const TWO_FOR_ONE = "idempotency keys that made two commands";
const EVENT_CONTRADICTS = "command events that contradict the API";
const CONNECTIONS = "connections without exactly one beginning and one end";
const OFFLINE = "stations not online again";
const UNSETTLED = "stations with a queue that is not empty";
const NOT_RISING = "sequences that do not rise over a new registration";
const VANISHED = "registrations that were answered and are not there";
const OTHER_BOOT = "stations that do not show the last boot that was accepted";
const NOT_CANCELLED = "commands of a deregistered station that neither ended nor were cancelled";
const CAME_LATER = "commands of a deregistered station that came to the new registration";
const SLOW_DELETE = "DELETEs of a station not answered in time";
const SHARED = "transactionIds that two transactions got";
const NOT_FOR_GUEST = "messages acknowledged and not delivered to the webhook that came last";
const UNWANTED = "events a webhook was given that are not of its types";
const IMPATIENT = "attempts before the time of a Retry-After";
const REFUSED = "messages refused that need nobody's decision";
const MISJUDGED = "StatusNotifications behind a boot that were judged by another state";
const UNHEALTHY = "looks at /healthz that were not answered in time";
const SPINNING = "processes that spin without load";
const BAD_STARTS = "second starters let in, first starts that came to nothing";

const last = ({ ledgers }: Story): Delivery => ledgers.deliveries.at(-1) as Delivery;

const MADE = { stationId: "S", number: "1", answeredAt: 200 };
const security = (sequence: number) => event(sequence, "ocpp.security", {}, `z-${sequence}`);
const acknowledge = (recorder: StationRecorder, payload: Payload) => {
  const messageId = JSON.stringify(payload);
  recorder.attempt(recorder.wants("MeterValues", payload), messageId);
  recorder.received(JSON.stringify([3, messageId, {}]));
};

describe("A check finds", () => {
  test.each<[string, string[], (story: Story) => void]>([
    [
      "a StopTransaction that was acknowledged to the station and reached no webhook",
      [LOST, MISSING],
      (story) => story.ledgers.deliveries.splice(2, 1, delivery(last(story).events.slice(1))),
    ],
    [
      "one that reached a webhook which did not take it",
      [LOST, EVENT_CONTRADICTS],
      (story) => {
        last(story).acknowledged = false;
      },
    ],
    [
      "one that only a webhook with a filter never got",
      [LOST, LOST_OTHER],
      ({ ledgers }) => {
        ledgers.webhooks.others = ["ocpp.call"];
      },
    ],
    [
      "one that was delivered as answered with an error alone",
      [LOST],
      (story) =>
        last(story).events.splice(0, 1, call(4, "StopTransaction", STOP, { error: { code: "InternalError" } })),
    ],
    [
      "MeterValues that were acknowledged and never delivered",
      [LOST_OTHER],
      ({ recorder }) => {
        recorder.wants("MeterValues", { meterValue: [2] }).acknowledged = {};
      },
    ],
    ["a StartTransaction without an answer", [UNANSWERED], ({ recorder }) => recorder.wants("StartTransaction", {})],
    [
      "an event that was sent while the one before it was not acknowledged",
      [AHEAD],
      ({ ledgers }) => ledgers.deliveries.splice(0, 1, delivery([call(4, "StopTransaction", STOP)])),
    ],
    [
      "a gap in the numbers of a station's events",
      [MISSING],
      (story) => last(story).events.push(event(7, "ocpp.security", {})),
    ],
    ["a batch that does not rise", [AHEAD], (story) => last(story).events.reverse()],
    [
      "a StopTransaction whose event comes before its StartTransaction's",
      [DISORDER],
      ({ recorder }) => recorder.ledger.messages.reverse(),
    ],
    [
      "one StopTransaction as two events",
      [TWINS],
      (story) => last(story).events.push(call(6, "StopTransaction", STOP)),
    ],
    [
      "an id with another content",
      [CHANGED, UNWANTED],
      ({ ledgers }) => ledgers.deliveries.unshift(delivery([connected(1, "c9")], { webhook: "others" })),
    ],
    [
      "a sequence under another id",
      [CHANGED, NOT_RISING],
      ({ ledgers }) =>
        ledgers.deliveries.unshift(delivery([event(1, "ocpp.security", {}, "y-1")], { webhook: "others" })),
    ],
    [
      "a transactionId that the station was never told",
      [MISQUOTED],
      ({ recorder }) => {
        (recorder.ledger.messages[0] as { acknowledged: Payload }).acknowledged = { transactionId: 8 };
      },
    ],
    [
      "a command that came twice under one messageId",
      [TWICE],
      ({ recorder }) => recorder.received(JSON.stringify([2, "m1", "DataTransfer", { data: "k2" }])),
    ],
    [
      "a command that came twice under one key",
      [TWICE, UNFINISHED],
      ({ recorder }) => recorder.received(JSON.stringify([2, "m2", "DataTransfer", { data: "k1" }])),
    ],
    [
      "a result of a station that never answered",
      [CONTRADICTED],
      ({ recorder }) => recorder.ledger.calls[0]?.answers.splice(0),
    ],
    [
      "a result that is not what the station sent",
      [CONTRADICTED],
      ({ recorder }) => recorder.ledger.calls[0]?.answers.splice(0, 1, { payload: { status: "Rejected" } }),
    ],
    [
      "a result of a command that never reached the station",
      [CONTRADICTED],
      ({ recorder }) => recorder.ledger.calls.pop(),
    ],
    ...["expired", "cancelled"].map((state): [string, string[], (story: Story) => void] => [
      `a command that is ${state} although the station got it`,
      [CONTRADICTED],
      (story) => {
        const { payload: _, ...rest } = COMMAND;
        story.ledgers.commands = [{ ...rest, state }];
        last(story).events.splice(1, 1, event(5, "ocpp.command.completed", { ...rest, state }));
      },
    ]),
    [
      "an error that the station never sent",
      [CONTRADICTED],
      (story) => {
        const { payload: _, ...rest } = COMMAND;
        const failed = { ...rest, state: "error", error: { code: "InternalError", description: "" } };
        story.ledgers.commands = [failed];
        last(story).events.splice(1, 1, event(5, "ocpp.command.completed", failed));
      },
    ],
    [
      "a command that is still sent",
      [UNFINISHED],
      ({ ledgers }) => {
        ledgers.commands = [{ ...COMMAND, state: "sent" }];
      },
    ],
    [
      "a command that was promised and is unknown",
      [UNFINISHED],
      ({ ledgers }) => ledgers.requests.push({ ...REQUEST, key: "k2", commandIds: ["m3"] }),
    ],
    [
      "two commands for one key",
      [UNFINISHED, TWO_FOR_ONE],
      ({ ledgers }) => ledgers.requests[0]?.commandIds.push("m2"),
    ],
    [
      "a command whose newest event says something else",
      [EVENT_CONTRADICTS],
      (story) => last(story).events.push(event(6, "ocpp.command.completed", { ...COMMAND, state: "timeout" })),
    ],
    ["a command without an event", [EVENT_CONTRADICTS], (story) => last(story).events.pop()],
    [
      "a connection that ended twice",
      [CONNECTIONS],
      (story) => last(story).events.push(disconnected(6), disconnected(7), connected(8, "c2")),
    ],
    ["a connection that never ended", [CONNECTIONS], (story) => last(story).events.push(connected(6, "c2"))],
    [
      "an end without a beginning",
      [CONNECTIONS],
      (story) => last(story).events.push(disconnected(6, "c0"), connected(7, "c2"), disconnected(8)),
    ],
    [
      "a live connection that was told to have ended",
      [CONNECTIONS],
      (story) => last(story).events.push(disconnected(6)),
    ],
    [
      "a station that is offline",
      [CONNECTIONS, OFFLINE],
      ({ ledgers }) => {
        ledgers.views[0] = { ...VIEW, online: false };
      },
    ],
    [
      "a queue that is not empty",
      [UNSETTLED],
      ({ ledgers }) => {
        ledgers.views[0] = { ...VIEW, queuedEvents: 1 };
      },
    ],
    [
      "a new registration whose numbers begin again",
      [CHANGED, CONNECTIONS, NOT_RISING],
      (story) =>
        story.ledgers.deliveries.push(delivery([event(1, "ocpp.station.connected", { connectionId: "c2" }, "y-1")])),
    ],
    [
      "a gap within a new registration",
      [MISSING],
      (story) => story.ledgers.deliveries.push(delivery([security(20), security(22)])),
    ],
    [
      "a registration that was gone again",
      [VANISHED],
      ({ ledgers }) => ledgers.registrations.push({ ...MADE, looks: [{ at: 300, status: 404, number: null }] }),
    ],
    [
      "an old registration in the place of the new one",
      [VANISHED],
      ({ ledgers }) => ledgers.registrations.push({ ...MADE, looks: [{ at: 300, status: 200, number: "0" }] }),
    ],
    [
      "a last registration that is not there in the end",
      [VANISHED],
      ({ ledgers }) => {
        ledgers.lastNumbers = { S: "1" };
      },
    ],
    [
      "a station that shows the boot of a deregistered one",
      [OTHER_BOOT],
      ({ recorder }) => {
        recorder.ledger.bootedAs = "1";
      },
    ],
    [
      "a queued command that went with its registration in silence",
      [NOT_CANCELLED],
      ({ ledgers }) => ledgers.deregistrations.push({ ...END, commands: [{ commandId: "m7", state: "queued" }] }),
    ],
    [
      "one that a webhook which failed all along and one which took all should have heard of",
      [NOT_CANCELLED],
      ({ ledgers }) => {
        ledgers.webhooks.failing = [];
        const refused = delivery([connected(1)], { webhook: "failing", acknowledged: false, at: 150, endedAt: 160 });
        ledgers.deliveries.push(...ledgers.deliveries.map((each) => ({ ...each, webhook: "failing" })), refused);
        ledgers.deregistrations.push({ ...END, commands: [{ commandId: "m7", state: "queued" }] });
      },
    ],
    [
      "a queued command that came to the new registration",
      [CAME_LATER],
      ({ ledgers }) => {
        const commands = [{ commandId: "m1", state: "queued" }];
        ledgers.deregistrations.push({ ...END, sentAt: 1, endedAt: 2, commands });
      },
    ],
    [
      "a DELETE that took too long",
      [SLOW_DELETE],
      ({ ledgers }) => ledgers.deregistrations.push({ ...END, tookMs: [30, 2_001] }),
    ],
    [
      "a message that was acknowledged before a DELETE and never tried",
      [LOST_OTHER],
      ({ ledgers, recorder }) => {
        ledgers.deregistrations.push(END);
        acknowledge(recorder, { meterValue: [2] });
      },
    ],
    [
      "a message that was acknowledged behind a DELETE, whatever failed at that",
      [LOST_OTHER],
      ({ ledgers, recorder }) => {
        ledgers.deregistrations.push({ ...END, sentAt: 1, endedAt: 2 });
        ledgers.deliveries.push(delivery([], { acknowledged: false, at: 1, endedAt: 3 }));
        acknowledge(recorder, { meterValue: [2] });
      },
    ],
    [
      "one of two transactions that look alike and are one event",
      [LOST, SHARED],
      ({ recorder }) => {
        recorder.wants("StartTransaction", START).acknowledged = { transactionId: 7 };
      },
    ],
    [
      "a transactionId that was given twice",
      [LOST, SHARED],
      ({ recorder }) => {
        recorder.wants("StartTransaction", { ...START, meterStart: 3 }).acknowledged = { transactionId: 7 };
      },
    ],
    [
      "a message that the webhook which came before it never got",
      [NOT_FOR_GUEST],
      ({ ledgers }) => {
        ledgers.guests.push({ webhook: "guest-1", types: [], from: -2_000, until: Infinity, goneAt: Infinity });
        ledgers.deliveries.push(
          delivery([connected(1), call(2, "StartTransaction", START, { transactionId: 7 })], { webhook: "guest-1" }),
        );
        ledgers.deliveries.push(delivery([call(4, "StopTransaction", STOP)], { webhook: "guest-1" }));
      },
    ],
    [
      "an event of a type that its webhook does not take",
      [UNWANTED],
      ({ ledgers }) => ledgers.deliveries.push(delivery([connected(1)], { webhook: "others" })),
    ],
    [
      "an event for a webhook that went long ago",
      [UNWANTED],
      ({ ledgers }) => {
        ledgers.guests.push({ webhook: "guest-1", types: [], from: 0, until: 0, goneAt: 1 });
        ledgers.deliveries.push(delivery([connected(1)], { webhook: "guest-1", at: 40_000, endedAt: 40_001 }));
      },
    ],
    [
      "an attempt before the Retry-After of the last one was over",
      [IMPATIENT],
      ({ ledgers }) => {
        ledgers.deliveries.unshift(
          delivery([connected(1)], { acknowledged: false, at: -900, endedAt: -900, retryAfterMs: 1_000 }),
        );
      },
    ],
    [
      "MeterValues that were refused",
      [REFUSED],
      ({ recorder }) => {
        recorder.sent(JSON.stringify([2, "d", "MeterValues", METER]));
        recorder.received(JSON.stringify([4, "d", "InternalError", "8000 events are undelivered", {}]));
      },
    ],
    [
      "a status that was refused behind an accepted boot",
      [MISJUDGED],
      ({ recorder }) =>
        recorder.ledger.hastyBoots.push({ version: "ocpp2.0.1", status: "Accepted", behind: "refused" }),
    ],
    [
      "a status that was taken behind a boot that is pending",
      [MISJUDGED],
      ({ recorder }) => recorder.ledger.hastyBoots.push({ version: "ocpp2.0.1", status: "Pending", behind: "taken" }),
    ],
    [
      "a slow /healthz while nothing was down",
      [UNHEALTHY],
      ({ ledgers }) => {
        ledgers.interruptions.push({ from: 5_000, until: 6_000 });
        ledgers.health.push({ at: 1_000, tookMs: 1_001, status: 200 });
      },
    ],
    [
      "a /healthz that is refused",
      [UNHEALTHY],
      ({ ledgers }) => ledgers.health.push({ at: 1_000, tookMs: 2, status: null }),
    ],
    [
      "a process that spins",
      [SPINNING],
      ({ ledgers }) => ledgers.idle.push({ name: "workerd", shares: [0.99, 0.97, 1.01] }),
    ],
    ["a second starter that was let in", [BAD_STARTS], ({ ledgers }) => ledgers.starts.push("both")],
  ])("%s", (_, titles, spoil) => {
    const story = goodStory();
    spoil(story);
    expect(broken(story.ledgers)).toEqual(titles);
  });

  test("nothing wrong with a command that came twice where `retry: always` was asked for", () => {
    const { ledgers, recorder } = goodStory();
    recorder.received(JSON.stringify([2, "m1", "DataTransfer", { vendorId: "chaos", data: "k1" }]));
    recorder.sent(JSON.stringify([3, "m1", { status: "Accepted", data: "S-2" }]));
    ledgers.requests = [{ ...REQUEST, retry: "always" }];
    expect(broken(ledgers)).toEqual([]);
  });

  test("nothing wrong with what a webhook failed as its station was deregistered, or a kill cut short", () => {
    const failing = delivery([security(6)], { acknowledged: false, at: 150, endedAt: 160 });
    for (const [deliveries, interruptions] of [
      [[failing], []],
      [[], [{ from: 205, until: 210 }]],
    ] as const) {
      const { ledgers, recorder } = goodStory();
      acknowledge(recorder, { meterValue: [2] });
      ledgers.deregistrations.push({ ...END, commands: [{ commandId: "m7", state: "queued" }] });
      ledgers.deliveries.push(...deliveries);
      ledgers.interruptions.push(...interruptions);
      expect(broken(ledgers)).toEqual([]);
    }
  });

  test("nothing wrong with a registration whose numbers begin higher, and a connection that ended with the last one", () => {
    const { ledgers } = goodStory();
    ledgers.deregistrations.push(END);
    ledgers.deliveries.push(delivery([security(9)], { acknowledged: false, at: 150, endedAt: 160 }));
    const again = event(21, "ocpp.station.connected", { connectionId: "c2" }, "y-21");
    ledgers.deliveries.push(delivery([again]));
    expect(broken(ledgers)).toEqual([]);
  });

  test("nothing wrong with what the edge asks a silent station by itself", () => {
    const { ledgers, recorder } = goodStory();
    recorder.received(JSON.stringify([2, "m9", "TriggerMessage", { requestedMessage: "Heartbeat" }]));
    expect(broken(ledgers)).toEqual([]);
  });

  test("nothing wrong with an attempt soon after a Retry-After that its sender has not read", () => {
    const { ledgers } = goodStory();
    const refused = { acknowledged: false, at: -900, endedAt: -900, retryAfterMs: 1_000, isUnread: true };
    ledgers.deliveries.unshift(delivery([connected(1)], refused));
    expect(broken(ledgers)).toEqual([]);
  });

  test("nothing wrong with two transactions that look alike and are two events", () => {
    const { ledgers, recorder } = goodStory();
    recorder.wants("StartTransaction", START).acknowledged = { transactionId: 8 };
    const other = event(6, "ocpp.call", {
      action: "StartTransaction",
      payload: START,
      answer: { transactionId: 8 },
      messageId: "n",
    });
    ledgers.deliveries.push(delivery([other]));
    expect(broken(ledgers)).toEqual([]);
  });

  test("something wrong in every one of its kinds: each check can fail", () => {
    const titles = [
      LOST,
      LOST_OTHER,
      UNANSWERED,
      AHEAD,
      MISSING,
      DISORDER,
      TWINS,
      CHANGED,
      MISQUOTED,
      TWICE,
      CONTRADICTED,
    ];
    const more = [UNFINISHED, TWO_FOR_ONE, EVENT_CONTRADICTS, CONNECTIONS, OFFLINE, UNSETTLED];
    const registrations = [NOT_RISING, VANISHED, OTHER_BOOT, NOT_CANCELLED, CAME_LATER, SLOW_DELETE, SHARED];
    const rest = [NOT_FOR_GUEST, UNWANTED, IMPATIENT, REFUSED, MISJUDGED, UNHEALTHY, SPINNING, BAD_STARTS];
    expect(allChecks.map(({ title }) => title)).toEqual([...titles, ...more, ...registrations, ...rest]);
  });
});
