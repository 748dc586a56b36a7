import { describe, expect, test } from "vitest";
import { allChecks } from "./checks.ts";
import {
  type CommandRequest,
  type CommandView,
  type Delivery,
  type Ledgers,
  type Payload,
  type SeenEvent,
  StationRecorder,
} from "./ledger.ts";

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
};

interface Story {
  ledgers: Ledgers;
  recorder: StationRecorder;
}

/** All is as it should be: a station that connected, charged, and did what one command asked. */
function goodStory(): Story {
  const recorder = new StationRecorder("S");
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
    views: [{ stationId: "S", online: true, queuedEvents: 0, queuedCommands: 0 }],
    webhooks: { everything: [], others: ["ocpp.security"] },
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

const last = ({ ledgers }: Story): Delivery => ledgers.deliveries.at(-1) as Delivery;

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
      [CHANGED],
      ({ ledgers }) => ledgers.deliveries.unshift(delivery([connected(1, "c9")], { webhook: "others" })),
    ],
    [
      "a sequence under another id",
      [CHANGED],
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
        ledgers.views[0] = { stationId: "S", online: false, queuedEvents: 0, queuedCommands: 0 };
      },
    ],
    [
      "a queue that is not empty",
      [UNSETTLED],
      ({ ledgers }) => {
        ledgers.views[0] = { stationId: "S", online: true, queuedEvents: 1, queuedCommands: 0 };
      },
    ],
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
    expect(allChecks.map(({ title }) => title)).toEqual([...titles, ...more]);
  });
});
