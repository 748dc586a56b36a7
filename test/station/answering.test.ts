import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CsmsSocket } from "../support/csms-socket.ts";
import { eventsOf, HttpPeer, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { everyMessage, seeded, validPayload } from "../support/ocpp-samples.ts";
import { BOOT_16, BOOT_2X, type Frame, STATUS_16, type TestStation } from "../support/test-station.ts";

const BOOT_RETRY_SECONDS = 17;
const CSMS_SECRET = `whsec_${Buffer.from("what the CSMS and we both know..").toString("base64")}`;
const PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
const logged: string[] = [];
const logOf = (id: string) => logged.filter((line) => line.includes(`"${id}"`));
type Protocol = (typeof PROTOCOLS)[number];

/** Asks a CSMS over HTTP. */
let kerbside: Kerbside;
/** Asks a CSMS through a service binding. */
let bound: Kerbside;
/** Has no CSMS. */
let alone: Kerbside;
/** Has none either, and lets nobody charge. */
let unwilling: Kerbside;
let csms: HttpPeer;
let receiver: HttpPeer;
let refusedUrl: string;
const boundRequests: { headers: Headers; body: string }[] = [];
let boundReply = (): Response => Response.json({ payload: {} });

beforeAll(async () => {
  csms = await HttpPeer.start();
  receiver = await HttpPeer.start();
  const gone = await HttpPeer.start();
  refusedUrl = gone.url;
  await gone.stop();
  const retry = { BOOT_RETRY_SECONDS: String(BOOT_RETRY_SECONDS) };
  const CSMS = async (request: { headers: unknown; text(): Promise<string> }) => {
    boundRequests.push({ headers: new Headers(request.headers as Headers), body: await request.text() });
    return boundReply();
  };
  [kerbside, bound, alone, unwilling] = await Promise.all([
    startKerbside(
      { ...retry, CSMS_URL: `${csms.url}ocpp?fleet=1`, CSMS_TIMEOUT_MS: "400", CSMS_SECRET },
      { log: (line) => logged.push(line) },
    ),
    startKerbside({ ...retry, CSMS_URL: refusedUrl }, { serviceBindings: { CSMS: CSMS as never } }),
    startKerbside({ HEARTBEAT_INTERVAL_SECONDS: "77" }),
    startKerbside({ STANDALONE_AUTHORIZATION: "Invalid", PROTOCOLS: "ocpp1.6,ocpp2.0.1" }),
  ]);
  await Promise.all(
    [kerbside, bound, alone].map((edge) =>
      edge.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET, types: ["ocpp.call"] }),
    ),
  );
});
beforeEach(() => {
  csms.reply = () => ({ status: 500 });
});
afterAll(async () => {
  await Promise.all([kerbside, bound, alone, unwilling].map((edge) => edge?.stop()));
  await receiver?.stop();
});

const connect = (edge: Kerbside, id: string, protocol: Protocol = "ocpp1.6") =>
  edge.station(id, { protocols: [protocol] });
const askedBy = (id: string) => csms.requests.filter(({ body }) => JSON.parse(body).stationId === id);
const eventsFor = (id: string): TestEvent[] => eventsOf(receiver).filter(({ subject }) => subject === id);
const eventIn = (id: string, messageId: string): Promise<TestEvent> =>
  until(`the event of ${messageId}`, () => eventsFor(id).find(({ data }) => data.messageId === messageId));

/** Events of a station are in order: once this one is there, what is missing before it never was. */
async function messagesKept(station: TestStation, id: string): Promise<string[]> {
  await station.call("DataTransfer", { vendorId: "last" }, "last").catch(() => {});
  const status = station.socket.protocol === "ocpp1.6" ? STATUS_16 : STATUS_2X;
  await station.call("StatusNotification", status, "marker");
  await eventIn(id, "marker");
  return eventsFor(id)
    .map(({ data }) => data.messageId)
    .filter((messageId) => messageId !== "marker" && messageId !== "last");
}

const AT = "2026-11-20T12:00:00.000Z";
const STATUS_2X = { timestamp: AT, connectorStatus: "Available", evseId: 1, connectorId: 1 };
const ID_TOKEN = { idToken: "04A1", type: "ISO14443" };
const TRANSACTION_EVENT = {
  eventType: "Started",
  timestamp: AT,
  triggerReason: "Authorized",
  seqNo: 0,
  transactionInfo: { transactionId: "T1" },
};
const SETTLEMENT = {
  pspRef: "psp-1",
  status: "Settled",
  settlementAmount: 12.5,
  settlementTime: AT,
};
const START = { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: AT };
const STOP = { transactionId: 1, meterStop: 5, timestamp: AT };
const bootOf = (protocol: Protocol) => (protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X);
const authorizeOf = (protocol: Protocol) => (protocol === "ocpp1.6" ? { idTag: "04A1" } : { idToken: ID_TOKEN });
const authorizedIn = (protocol: Protocol, status: string) =>
  protocol === "ocpp1.6" ? { idTagInfo: { status } } : { idTokenInfo: { status } };
const bootAccepted = { currentTime: AT, interval: 60, status: "Accepted" };

/** What carries no decision, and so needs no CSMS. */
const EDGE_ACTIONS: Record<Protocol, string[]> = {
  "ocpp1.6": [
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignedFirmwareStatusNotification",
    "StatusNotification",
  ],
  "ocpp2.0.1": [
    "ClearedChargingLimit",
    "FirmwareStatusNotification",
    "LogStatusNotification",
    "MeterValues",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
    "StatusNotification",
  ],
  "ocpp2.1": ["MeterValues", "NotifyEvent", "NotifyDERAlarm", "NotifyDERStartStop", "ReportDERControl"],
};

describe.each(PROTOCOLS)("In %s the edge", (protocol) => {
  const name = protocol.replaceAll(".", "");

  test("answers a Heartbeat with the time, asks nobody, and makes no event of it", async () => {
    const id = `HB-${name}`;
    const station = await connect(kerbside, id, protocol);
    const [type, messageId, payload] = await station.call("Heartbeat", {}, "beat");
    expect([type, messageId]).toEqual([3, "beat"]);
    expect(Object.keys(payload)).toEqual(["currentTime"]);
    expect(Math.abs(Date.parse(payload.currentTime) - Date.now())).toBeLessThan(60_000);
    expect(await messagesKept(station, id)).toEqual([]);
    expect(askedBy(id).filter(({ body }) => body.includes("Heartbeat"))).toEqual([]);
  });

  test("answers what carries no decision with an empty payload, though the CSMS is down, and keeps an event of each", async () => {
    const id = `EDGE-${name}`;
    const station = await connect(kerbside, id, protocol);
    for (const action of EDGE_ACTIONS[protocol]) {
      const payload = validPayload(protocol, action, "request", seeded(7));
      expect(await station.call(action, payload, action)).toEqual([3, action, {}]);
      expect((await eventIn(id, action)).data).toEqual({
        protocol,
        messageId: action,
        action,
        payload,
        answer: {},
        answeredBy: "edge",
      });
    }
    expect(askedBy(id)).toEqual([]);
  });
});

describe.each(PROTOCOLS)("In %s the CSMS", (protocol) => {
  const name = protocol.replaceAll(".", "");
  const rng = seeded(11);
  const decisions = everyMessage
    .filter((message) => message.protocol === protocol && message.direction === "request")
    .map(({ action }) => action)
    .filter((action) =>
      [
        ...["Authorize", "BootNotification", "DataTransfer", "SignCertificate", "StartTransaction", "StopTransaction"],
        ...["Get15118EVCertificate", "GetCertificateStatus", "NotifyEVChargingNeeds", "NotifyEVChargingSchedule"],
        ...["TransactionEvent", "OpenPeriodicEventStream", "PullDynamicScheduleUpdate", "VatNumberValidation"],
        ...["GetCertificateChainStatus", "NotifySettlement"],
      ].includes(action),
    );

  test("is asked with the station, version, messageId, action and payload, and its answer is the station's", async () => {
    const id = `ASK-${name}`;
    const station = await connect(kerbside, id, protocol);
    expect(decisions.length).toBeGreaterThanOrEqual(6);
    for (const action of decisions) {
      const payload = validPayload(protocol, action, "request", rng, "full");
      const answer = {
        ...validPayload(protocol, action, "response", rng),
        ...(action === "BootNotification" && { status: "Accepted" }),
      };
      csms.reply = () => ({ body: { payload: answer } });
      expect(await station.call(action, payload, `id-${action}`)).toEqual([3, `id-${action}`, answer]);
      const bodies = askedBy(id).map(({ body }) => JSON.parse(body));
      expect(bodies.at(-1)).toEqual({ stationId: id, protocol, messageId: `id-${action}`, action, payload });
      expect((await eventIn(id, `id-${action}`)).data).toEqual({
        protocol,
        messageId: `id-${action}`,
        action,
        payload,
        answer,
        answeredBy: "csms",
      });
    }
    expect(askedBy(id)).toHaveLength(decisions.length);
  });

  test("may answer with a CALLERROR, which the station gets as it is", async () => {
    const id = `ERR-${name}`;
    const station = await connect(kerbside, id, protocol);
    const error = { code: "SecurityError", description: "not you", details: { since: "1999" } };
    csms.reply = () => ({ body: { error } });
    expect(await station.call("Authorize", authorizeOf(protocol), "e1")).toEqual([
      4,
      "e1",
      "SecurityError",
      "not you",
      { since: "1999" },
    ]);
    expect((await eventIn(id, "e1")).data).toMatchObject({ answer: { error }, answeredBy: "csms" });
    csms.reply = () => ({ body: { error: { code: "GenericError" } } });
    expect(await station.call("BootNotification", bootOf(protocol), "e2")).toEqual([4, "e2", "GenericError", "", {}]);
  });

  test("decides on a boot: Accepted, Pending and Rejected are passed on as they are", async () => {
    const id = `BOOT-${name}`;
    const station = await connect(kerbside, id, protocol);
    for (const status of ["Rejected", "Pending", "Accepted"]) {
      csms.reply = () => ({ body: { payload: { ...bootAccepted, status } } });
      expect((await station.call("BootNotification", bootOf(protocol)))[2]).toEqual({ ...bootAccepted, status });
      const { boot } = (await kerbside.api("GET", `/v1/stations/${id}`)).body;
      expect(boot).toMatchObject({ status, intervalSeconds: 60, vendor: "Kerbside", model: "Test" });
    }
  });
});

const BROKEN: [string, () => Reply][] = [
  ["answers too late", () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted") }, delayMs: 1_500 })],
  ["never answers", () => "hang"],
  ["answers 500", () => ({ status: 500, body: { payload: authorizedIn("ocpp1.6", "Accepted") } })],
  ["answers 404", () => ({ status: 404, body: { payload: authorizedIn("ocpp1.6", "Accepted") } })],
  ["redirects with 302", () => ({ status: 302, headers: { location: `${receiver.url}elsewhere` } })],
  ["redirects with 307", () => ({ status: 307, headers: { location: `${receiver.url}elsewhere` } })],
  ["breaks the connection", () => "reset"],
  ["answers 204 without a body", () => ({ status: 204 })],
  ["answers no JSON", () => ({ text: "<html>accepted</html>" })],
  ["answers half of its JSON", () => ({ text: '{"payload":{"idTagInfo":{"status":"Accepted"}' })],
  ["answers null", () => ({ body: null })],
  ["answers a list", () => ({ body: [{ payload: authorizedIn("ocpp1.6", "Accepted") }] })],
  ["answers the bare payload", () => ({ body: authorizedIn("ocpp1.6", "Accepted") })],
  ["answers a payload that is no object", () => ({ body: { payload: "Accepted" } })],
  ["answers a payload that is a list", () => ({ body: { payload: [] } })],
  [
    "answers a payload and an error at once",
    () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted"), error: { code: "GenericError" } } }),
  ],
  ["answers an error without a code", () => ({ body: { error: { description: "no" } } })],
  ["answers an error whose code is a number", () => ({ body: { error: { code: 42 } } })],
  ["answers an error whose details are a text", () => ({ body: { error: { code: "GenericError", details: "no" } } })],
  ["answers a payload that lacks what is required", () => ({ body: { payload: {} } })],
  ["answers a payload with an unknown status", () => ({ body: { payload: authorizedIn("ocpp1.6", "Perhaps") } })],
  [
    "answers a payload with a field too many",
    () => ({ body: { payload: { ...authorizedIn("ocpp1.6", "Accepted"), extra: 1 } } }),
  ],
  [
    "answers more than can be kept",
    () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted"), padding: "x".repeat(2_000_000) } }),
  ],
];

describe("While the CSMS", () => {
  test.each(BROKEN)("%s, nothing is accepted, no event is made, and the station may ask again", async (name, reply) => {
    const id = `BAD-${BROKEN.findIndex(([each]) => each === name)}`;
    const station = await connect(kerbside, id);
    csms.reply = reply;
    const [type, messageId, code] = await station.call("Authorize", { idTag: "04A1" }, "a1");
    expect([type, messageId, code]).toEqual([4, "a1", "InternalError"]);

    const [result, , boot] = await station.call("BootNotification", BOOT_16, "b1");
    expect(result).toBe(3);
    expect(boot).toEqual({ currentTime: expect.any(String), status: "Pending", interval: BOOT_RETRY_SECONDS });
    expect((await eventIn(id, "b1")).data).toMatchObject({ answer: boot, answeredBy: "edge" });

    csms.reply = () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted") } });
    expect(await station.call("Authorize", { idTag: "04A1" }, "a1")).toEqual([
      3,
      "a1",
      { idTagInfo: { status: "Accepted" } },
    ]);
    csms.reply = () => ({ body: { payload: bootAccepted } });
    expect((await station.call("BootNotification", BOOT_16, "b1"))[2]).toEqual(bootAccepted);
    const kept = await messagesKept(station, id);
    expect(kept).toEqual(["b1", "a1", "b1"]);
    expect(receiver.requests.every(({ headers }) => headers["webhook-id"] !== undefined)).toBe(true);
    expect(askedBy(id).filter(({ body }) => body.includes("a1"))).toHaveLength(2);
  });

  test("or the station says what cannot be read, nothing of it comes into the log", async () => {
    const station = await connect(kerbside, "SECRETIVE");
    const secret = "hunter2";
    for (const text of [secret, `{"payload":${secret}`, `"${secret}`, `{"payload":{"a":12345678901234567890}}`]) {
      csms.reply = () => ({ text });
      expect((await station.call("Authorize", { idTag: "04A1" }))[2]).toBe("InternalError");
    }
    csms.reply = () => ({ body: { payload: {} } });
    station.send(`${secret} is no frame`);
    await until("the malformed frame", () => logOf("SECRETIVE").some((line) => line.includes("malformed-frame")));
    const other = await connect(kerbside, "SECRETIVE-2", "ocpp2.0.1");
    other.send(`["${secret}","m","Heartbeat",{}]`);
    expect((await other.next()).slice(0, 3)).toEqual([4, "m", "MessageTypeNotSupported"]);
    await until("that frame", () => logOf("SECRETIVE-2").some((line) => line.includes("malformed-frame")));
    const told = [...logOf("SECRETIVE"), ...logOf("SECRETIVE-2")];
    expect(told.filter((line) => line.includes("the CSMS gave no answer"))).toHaveLength(4);
    expect(told.filter((line) => /hunter|12345678/.test(line))).toEqual([]);
    for (const line of told) expect(JSON.parse(line)).toMatchObject({ level: "warn" });
  });

  test.each(PROTOCOLS)("is down, nothing that it has to decide is answered as accepted in %s", async (protocol) => {
    const id = `DOWN-${protocol.replaceAll(".", "")}`;
    const station = await connect(kerbside, id, protocol);
    const calls: [string, unknown][] =
      protocol === "ocpp1.6"
        ? [
            ["Authorize", { idTag: "04A1" }],
            ["StartTransaction", START],
          ]
        : [
            ["Authorize", { idToken: ID_TOKEN }],
            ["TransactionEvent", { ...TRANSACTION_EVENT, idToken: ID_TOKEN }],
            ["TransactionEvent", { ...TRANSACTION_EVENT, eventType: "Updated", idToken: ID_TOKEN }],
            ["NotifyEVChargingSchedule", validPayload(protocol, "NotifyEVChargingSchedule", "request", seeded(3))],
          ];
    calls.push(["DataTransfer", { vendorId: "org.example" }], ["SignCertificate", { csr: "-----BEGIN" }]);
    for (const [action, payload] of calls) {
      const [type, , code] = await station.call(action, payload);
      expect([action, type, code]).toEqual([action, 4, "InternalError"]);
    }
    const [, , boot] = await station.call("BootNotification", bootOf(protocol));
    expect(boot).toMatchObject({ status: "Pending", interval: BOOT_RETRY_SECONDS });
  });

  test.each<[string, () => Reply]>([
    ["is down", () => ({ status: 500 })],
    ["never answers", () => "hang"],
    ["answers no JSON", () => ({ text: "<html>" })],
    ["answers what fits no schema", () => ({ body: { payload: { idTagInfo: {}, idTokenInfo: {} } } })],
    ["answers an error", () => ({ body: { error: { code: "InternalError", description: "no such transaction" } } })],
  ])("%s, what has happened already is kept and acknowledged, and nobody is accepted", async (how, reply) => {
    const timestamp = "2026-11-20T14:00:00Z";
    const ended = { ...TRANSACTION_EVENT, eventType: "Ended", idToken: ID_TOKEN, seqNo: 5, timestamp };
    const offline = { ...TRANSACTION_EVENT, idToken: ID_TOKEN, offline: true };
    const kinds: [Protocol, string, [string, unknown][]][] = [
      [
        "ocpp1.6",
        "stop",
        [
          ["StopTransaction", STOP],
          ["StopTransaction", { ...STOP, transactionId: 2, idTag: "04A1" }],
        ],
      ],
      [
        "ocpp2.0.1",
        "ended",
        [
          ["TransactionEvent", offline],
          ["TransactionEvent", ended],
        ],
      ],
      [
        "ocpp2.1",
        "settled",
        [
          ["TransactionEvent", ended],
          ["NotifySettlement", SETTLEMENT],
        ],
      ],
    ];
    csms.reply = reply;
    await Promise.all(
      kinds.map(async ([protocol, name, calls]) => {
        const id = `HAPPENED-${how.length}-${name}`;
        const station = await connect(kerbside, id, protocol);
        for (const [index, [action, payload]] of calls.entries()) {
          const messageId = `${action}-${index}`;
          expect(await station.call(action, payload, messageId)).toEqual([3, messageId, {}]);
          expect((await eventIn(id, messageId)).data).toMatchObject({ payload, answer: {}, answeredBy: "edge" });
        }
        // It is kept: said again, nobody is asked.
        const questions = askedBy(id).length;
        const [action, payload] = calls[0] as [string, unknown];
        expect(await station.call(action, payload, "again")).toEqual([3, "again", {}]);
        expect(askedBy(id)).toHaveLength(questions);
      }),
    );
  });

  test.each(["ocpp2.0.1", "ocpp2.1"] as const)(
    "is down, a TransactionEvent of %s is answered by the edge if it carries no idToken",
    async (protocol) => {
      const id = `TX-${protocol.replaceAll(".", "")}`;
      const station = await connect(kerbside, id, protocol);
      expect(await station.call("TransactionEvent", TRANSACTION_EVENT, "t1")).toEqual([3, "t1", {}]);
      expect((await eventIn(id, "t1")).data.answeredBy).toBe("edge");
      expect(askedBy(id)).toEqual([]);
      csms.reply = () => ({ body: { payload: { idTokenInfo: { status: "Blocked" } } } });
      const withToken = { ...TRANSACTION_EVENT, seqNo: 1, idToken: ID_TOKEN };
      expect((await station.call("TransactionEvent", withToken, "t2"))[2]).toEqual({
        idTokenInfo: { status: "Blocked" },
      });
      expect(askedBy(id)).toHaveLength(1);
    },
  );

  test("is asked, the edge goes on answering for other stations, and this one in the order of its calls", async () => {
    const station = await connect(kerbside, "SLOW");
    const other = await connect(kerbside, "SWIFT");
    csms.reply = () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted") }, delayMs: 200 });
    station.send([2, "s1", "Authorize", { idTag: "04A1" }]);
    await until("the question", () => askedBy("SLOW").length === 1);
    station.send([2, "s2", "StatusNotification", STATUS_16]);
    expect((await other.call("Heartbeat"))[0]).toBe(3);
    expect([(await station.next())[1], (await station.next())[1]]).toEqual(["s1", "s2"]);
    await eventIn("SLOW", "s2");
    expect(eventsFor("SLOW").map(({ data }) => data.messageId)).toEqual(["s1", "s2"]);
  });

  test.each([
    ["Authorize", { idTag: "04A1" }],
    ["DataTransfer", { vendorId: "org.example" }],
  ])("is asked, a repetition of the same %s is not asked again, and is answered once", async (action, payload) => {
    const id = `REPEAT-${action}`;
    const station = await connect(kerbside, id);
    const answer = action === "Authorize" ? authorizedIn("ocpp1.6", "Accepted") : { status: "Accepted" };
    csms.reply = () => ({ body: { payload: answer }, delayMs: 100 });
    const call = [2, "r1", action, payload];
    station.send(call);
    station.send(call);
    expect(await station.next()).toEqual([3, "r1", answer]);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect(askedBy(id).filter(({ body }) => body.includes('"r1"'))).toHaveLength(1);
    if (action === "Authorize") return;
    station.send(call);
    expect(await station.next()).toEqual([3, "r1", answer]);
    expect(await messagesKept(station, id)).toEqual(["r1"]);
    expect(askedBy(id).filter(({ body }) => body.includes('"r1"'))).toHaveLength(1);
  });

  test("has blocked a tag meanwhile, an Authorize under the id of one that was accepted is asked, and is blocked", async () => {
    const station = await connect(kerbside, "BLOCKED");
    for (const status of ["Accepted", "Blocked"]) {
      csms.reply = () => ({ body: { payload: authorizedIn("ocpp1.6", status) } });
      expect(await station.call("Authorize", { idTag: "04A1" }, "a1")).toEqual([
        3,
        "a1",
        authorizedIn("ocpp1.6", status),
      ]);
    }
    await eventIn("BLOCKED", "a1");
    expect(askedBy("BLOCKED")).toHaveLength(2);
  });

  test.each(["hibernate", "close"] as const)(
    "is asked and the object is evicted (sockets: %s), the station asks again and is answered once",
    async (webSockets) => {
      const id = `EVICT-${webSockets}`;
      let station = await connect(kerbside, id);
      csms.reply = () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted") }, delayMs: 300 });
      station.send([2, "v1", "Authorize", { idTag: "04A1" }]);
      await until("the question", () => askedBy(id).length === 1);
      await kerbside.edge.evict(id, { webSockets });
      csms.reply = () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted") } });
      if (webSockets === "close") {
        await station.closed;
        station = await connect(kerbside, id);
      }
      station.send([2, "beat", "Heartbeat", {}]);
      const frames: Frame[] = [];
      while (frames.at(-1)?.[1] !== "beat") frames.push(await station.next());
      // The object that went may have answered, with InternalError at worst; without an answer a station asks again.
      const results = () => station.frames.filter(([type, messageId]) => type === 3 && messageId === "v1");
      if (results().length === 0) await station.call("Authorize", { idTag: "04A1" }, "v1");
      expect(await messagesKept(station, id)).toEqual(["v1"]);
      expect(results()).toEqual([[3, "v1", authorizedIn("ocpp1.6", "Accepted")]]);
    },
  );
});

describe.each(["ocpp2.0.1", "ocpp2.1"] as const)("In %s a CALL right behind a BootNotification", (protocol) => {
  const name = protocol.replaceAll(".", "");
  const bootIs = (status: string): Reply => ({ body: { payload: { ...bootAccepted, status } } });
  /** Sent back to back, as stations do at every start. */
  const together = async (station: TestStation, suffix: string, action: string, payload: unknown): Promise<Frame[]> => {
    station.send([2, `boot-${suffix}`, "BootNotification", BOOT_2X]);
    station.send([2, `behind-${suffix}`, action, payload]);
    return [await station.next(), await station.next()];
  };

  test("is welcome once that is Accepted, though the one before was Pending [B02.FR.09]", async () => {
    const id = `BEHIND-${name}`;
    const station = await connect(kerbside, id, protocol);
    csms.reply = () => bootIs("Pending");
    const [pending, early] = await together(station, "1", "StatusNotification", STATUS_2X);
    expect([pending?.[2].status, early?.[0], early?.[2]]).toEqual(["Pending", 4, "SecurityError"]);
    csms.reply = () => bootIs("Accepted");
    const [accepted, status] = await together(station, "2", "StatusNotification", STATUS_2X);
    expect([accepted?.[2].status, status]).toEqual(["Accepted", [3, "behind-2", {}]]);
    await eventIn(id, "behind-2");
    expect(eventsFor(id).map(({ data }) => data.messageId)).toEqual(["boot-1", "boot-2", "behind-2"]);
    const { evses } = (await kerbside.api("GET", `/v1/stations/${id}`)).body;
    expect(JSON.stringify(evses)).toContain("Available");
  });

  test.each([
    ["Rejected", () => bootIs("Rejected")],
    ["Pending", () => bootIs("Pending")],
    ["Pending", (): Reply => ({ status: 500 })],
  ])(
    "is refused where the first boot of a fresh station is %s: nobody is asked, nothing kept [B02.FR.09, B03.FR.07]",
    async (status, reply) => {
      const id = `FRESH-${name}-${status}-${JSON.stringify(reply()).length}`;
      const station = await connect(kerbside, id, protocol);
      csms.reply = reply;
      const event = { ...TRANSACTION_EVENT, idToken: ID_TOKEN };
      const [boot, behind] = await together(station, "1", "TransactionEvent", event);
      expect([boot?.[2].status, behind?.[0], behind?.[2]]).toEqual([status, 4, "SecurityError"]);
      await eventIn(id, "boot-1");
      csms.reply = () => bootIs("Accepted");
      await station.call("BootNotification", BOOT_2X, "boot-2");
      await eventIn(id, "boot-2");
      expect(eventsFor(id).map(({ data }) => data.messageId)).toEqual(["boot-1", "boot-2"]);
      expect(askedBy(id).map(({ body }) => JSON.parse(body).action)).toEqual(["BootNotification", "BootNotification"]);
    },
  );

  test("is welcome where the CSMS asked for it while the boot was Pending, unless it is Rejected now", async () => {
    const id = `INVITED-${name}`;
    const station = await connect(kerbside, id, protocol);
    csms.reply = () => bootIs("Pending");
    await station.call("BootNotification", BOOT_2X);
    station.answerCalls(() => ({ status: "Accepted" }));
    const trigger = { requestedMessage: "StatusNotification" };
    expect((await kerbside.command(id, "TriggerMessage", trigger)).body.state).toBe("result");
    const [, invited] = await together(station, "1", "StatusNotification", STATUS_2X);
    expect(invited).toEqual([3, "behind-1", {}]);
    csms.reply = () => bootIs("Rejected");
    const [, refused] = await together(station, "2", "StatusNotification", STATUS_2X);
    expect(refused?.slice(0, 3)).toEqual([4, "behind-2", "SecurityError"]);
  });
});

describe("A request to the CSMS", () => {
  test("is a POST of JSON to CSMS_URL, signed with CSMS_SECRET, each with an id of its own", async () => {
    const station = await connect(kerbside, "SIGNED");
    csms.reply = () => ({ body: { payload: authorizedIn("ocpp1.6", "Accepted") } });
    await station.call("Authorize", { idTag: "1" });
    await station.call("Authorize", { idTag: "2" });
    const requests = askedBy("SIGNED");
    expect(requests).toHaveLength(2);
    for (const { headers, body } of requests) {
      expect(headers["content-type"]).toMatch(/^application\/json\b/);
      expect(headers).not.toHaveProperty("authorization");
      expect(new Webhook(CSMS_SECRET).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
      const forged = body.replace("SIGNED", "FORGED");
      expect(() => new Webhook(CSMS_SECRET).verify(forged, headers as Record<string, string>)).toThrow();
    }
    expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
  });
});

describe("A CSMS behind a service binding", () => {
  test("is asked in place of CSMS_URL, unsigned where there is no secret, and its answer is passed on", async () => {
    const station = await connect(bound, "BOUND");
    boundReply = () => Response.json({ payload: authorizedIn("ocpp1.6", "Blocked") });
    expect(await station.call("Authorize", { idTag: "04A1" }, "a1")).toEqual([
      3,
      "a1",
      authorizedIn("ocpp1.6", "Blocked"),
    ]);
    const { headers, body } = boundRequests.at(-1) ?? { headers: new Headers(), body: "" };
    expect(JSON.parse(body)).toEqual({
      stationId: "BOUND",
      protocol: "ocpp1.6",
      messageId: "a1",
      action: "Authorize",
      payload: { idTag: "04A1" },
    });
    expect(headers.get("webhook-signature")).toBeNull();
    boundReply = () => Response.json({ error: { code: "GenericError", description: "d" } });
    expect(await station.call("StartTransaction", START, "s1")).toEqual([4, "s1", "GenericError", "d", {}]);
    expect((await eventIn("BOUND", "s1")).data.answeredBy).toBe("csms");
  });

  test.each<[string, () => Response]>([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["answers 500", () => new Response("no", { status: 500 })],
    ["answers what is none", () => Response.json({ idTagInfo: { status: "Accepted" } })],
  ])("that %s gives InternalError, and a pending boot", async (name, reply) => {
    const id = `BOUND-${name.length}`;
    const station = await connect(bound, id);
    boundReply = reply;
    expect((await station.call("Authorize", { idTag: "04A1" }, "a1")).slice(0, 3)).toEqual([4, "a1", "InternalError"]);
    expect((await station.call("BootNotification", BOOT_16, "b1"))[2]).toMatchObject({
      status: "Pending",
      interval: BOOT_RETRY_SECONDS,
    });
    expect(await messagesKept(station, id)).toEqual(["b1"]);
  });
});

describe("Without a CSMS", () => {
  test.each(PROTOCOLS)(
    "a station of %s boots Accepted, with the heartbeat interval of the settings",
    async (protocol) => {
      const station = await connect(alone, `A-BOOT-${protocol.replaceAll(".", "")}`, protocol);
      expect((await station.call("BootNotification", bootOf(protocol)))[2]).toEqual({
        currentTime: expect.any(String),
        interval: 77,
        status: "Accepted",
      });
    },
  );

  test.each(PROTOCOLS)(
    "whoever charges in %s is accepted or not as STANDALONE_AUTHORIZATION says",
    async (protocol) => {
      for (const [edge, status] of [
        [alone, "Accepted"],
        [unwilling, "Invalid"],
      ] as const) {
        if (edge === unwilling && protocol === "ocpp2.1") continue;
        const station = await connect(edge, `A-AUTH-${protocol.replaceAll(".", "")}`, protocol);
        const expected = authorizedIn(protocol, status);
        expect((await station.call("Authorize", authorizeOf(protocol)))[2]).toEqual(expected);
        if (protocol === "ocpp1.6") {
          expect((await station.call("StartTransaction", START))[2]).toEqual({
            ...expected,
            transactionId: expect.any(Number),
          });
          expect((await station.call("StopTransaction", { ...STOP, idTag: "04A1" }))[2]).toEqual(expected);
          expect((await station.call("StopTransaction", STOP))[2]).toEqual({});
        } else {
          const event = { ...TRANSACTION_EVENT, idToken: ID_TOKEN };
          expect((await station.call("TransactionEvent", event))[2]).toEqual(expected);
          expect((await station.call("TransactionEvent", TRANSACTION_EVENT))[2]).toEqual({});
        }
      }
    },
  );

  test.each(PROTOCOLS)(
    "every action a station of %s may call gets a valid answer or NotSupported",
    async (protocol) => {
      const id = `A-ALL-${protocol.replaceAll(".", "")}`;
      const station = await connect(alone, id, protocol);
      const { stationActions } = await import("../../src/ocpp/actions.ts");
      const { checkPayload } = await import("../../src/ocpp/payload-check.ts");
      for (const action of stationActions(protocol)) {
        const frame = await station.call(action, validPayload(protocol, action, "request", seeded(5)), action);
        if (frame[0] === 3)
          expect([action, checkPayload(protocol, action, "response", frame[2], "strict").fault]).toEqual([
            action,
            null,
          ]);
        else expect([action, frame.slice(0, 3)]).toEqual([action, [4, action, "NotSupported"]]);
        if (action !== "Heartbeat") expect((await eventIn(id, action)).data.answeredBy).toBe("edge");
      }
    },
  );

  test("no two transactions of a station get the same number, over reconnects and evictions", async () => {
    const id = "A-TX";
    const numbers: number[] = [];
    const startOf = (count: number) => ({ ...START, meterStart: count, timestamp: new Date(count * 60_000) });
    const start = async (station: TestStation) => {
      const messageId = `x${numbers.length}`;
      const [, , { transactionId }] = await station.call("StartTransaction", startOf(numbers.length), messageId);
      expect(Number.isSafeInteger(transactionId) && transactionId > 0).toBe(true);
      numbers.push(transactionId);
      // An eviction waits for the delivery that is under way.
      await eventIn(id, messageId);
    };
    let station = await connect(alone, id);
    await start(station);
    await start(station);
    await alone.edge.evict(id);
    await start(station);
    station = await connect(alone, id);
    await start(station);
    await alone.edge.evict(id, { webSockets: "close" });
    await station.closed;
    station = await connect(alone, id);
    await start(station);
    station.send([2, "p1", "StartTransaction", startOf(5)]);
    station.send([2, "p2", "StartTransaction", startOf(6)]);
    numbers.push((await station.next())[2].transactionId, (await station.next())[2].transactionId);
    expect(new Set(numbers).size).toBe(7);
    // The repetition of a StartTransaction is the same transaction.
    const again = await station.call("StartTransaction", startOf(6), "p2");
    expect(again[2].transactionId).toBe(numbers.at(-1));
  });
});

test("What a CSMS on its own socket ignores, and that alone, it is told three times, and it is given up once that answers others", async () => {
  const station = await kerbside.station("I1", {}, { securityProfile: 0, csms: "link" });
  const path = `ws://localhost:${kerbside.edge.port}/v1/stations/I1/csms`;
  const link = await CsmsSocket.connect(path, kerbside.edge.apiKey, (_, { connectorId }) =>
    connectorId === 1 ? null : {},
  );
  const say = (connectorId: number) => station.call("StatusNotification", { ...STATUS_16, connectorId });
  const tellings = () => link.calls().filter(([, , , { connectorId }]) => connectorId === 1);
  await say(1);
  await until("all tellings", () => tellings().length === 3);
  expect(new Set(tellings().map((frame) => JSON.stringify(frame))).size).toBe(1);
  const view = async () => (await kerbside.api("GET", "/v1/stations/I1")).body;
  expect([(await view()).csms.backlog, (await view()).queue.deadLetters]).toEqual([1, 0]);
  for (const connectorId of [2, 3, 4]) {
    await say(connectorId);
    await until("its being told", () => link.calls().some(([, , , payload]) => payload.connectorId === connectorId));
    if (connectorId < 4) await until("it once more", () => tellings().length === connectorId + 2);
  }
  await until("the end of it", async () => (await view()).csms.backlog === 0);
  expect([(await view()).queue.deadLetters, tellings().length]).toEqual([1, 5]);
  link.end();
});

/** The last of this file: the CSMS does not come back. */
describe("A CSMS whose port nobody listens on any more", () => {
  test("leaves InternalError and a pending boot, and the edge goes on answering what is its own", async () => {
    const station = await connect(kerbside, "REFUSED");
    await csms.stop();
    expect((await station.call("Authorize", { idTag: "04A1" }, "a1")).slice(0, 3)).toEqual([4, "a1", "InternalError"]);
    expect((await station.call("BootNotification", BOOT_16))[2]).toMatchObject({ status: "Pending" });
    expect(await station.call("StatusNotification", STATUS_16, "s1")).toEqual([3, "s1", {}]);
  });
});
