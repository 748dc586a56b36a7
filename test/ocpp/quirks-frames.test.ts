import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PROTOCOLS, type Protocol } from "../../src/ocpp/protocol.ts";
import { shownError } from "../../src/ocpp/outcome-error.ts";
import { eventsOf, HttpPeer, type Received, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16, TestStation } from "../support/test-station.ts";

// Numbers that JavaScript cannot hold, and what becomes of a CALL that is refused or, with `forward`, is not.

let kerbside: Kerbside;
let csms: HttpPeer;
let receiver: HttpPeer;
const ACCEPTED = { idTagInfo: { status: "Accepted" } };
const answerAll = ({ body }: Received): Reply => {
  const { action } = JSON.parse(body);
  if (action === "StartTransaction") return { body: { payload: { transactionId: 7, ...ACCEPTED } } };
  return { body: { payload: action === "TransactionEvent" ? {} : ACCEPTED } };
};
beforeAll(async () => {
  csms = await HttpPeer.start();
  receiver = await HttpPeer.start();
  kerbside = await startKerbside({ CSMS_URL: csms.url });
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
beforeEach(() => {
  csms.reply = answerAll;
});
afterAll(async () => {
  await kerbside?.stop();
  await csms?.stop();
  await receiver?.stop();
});

const AT = "2026-11-23T12:00:00Z";
const BIG = "9223372036854775807";
const connect = (id: string, protocol: Protocol = "ocpp1.6", registration: Record<string, unknown> = {}) =>
  kerbside.station(id, { protocols: [protocol] }, registration);
const eventsFor = (id: string, type?: string): TestEvent[] =>
  eventsOf(receiver).filter((event) => event.subject === id && (type === undefined || event.type === type));
const eventOf = (id: string, messageId: string): Promise<TestEvent> =>
  until(`the event of ${messageId}`, () => eventsFor(id).find(({ data }) => data.messageId === messageId));
/** As it was delivered, for what JSON.parse would change. */
const deliveredText = (id: string) =>
  receiver.requests
    .map(({ body }) => body)
    .filter((body) => body.includes(`"subject":"${id}"`))
    .join("\n");
const askedBy = (id: string) => csms.requests.filter(({ body }) => JSON.parse(body).stationId === id);
const START = { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp: AT };
const STOP = { transactionId: 7, meterStop: 5, timestamp: AT };

describe("a number that a double does not hold", () => {
  test.each([
    ["a long integer", `{"transactionId":${BIG},"meterStop":5,"timestamp":"${AT}"}`, "/transactionId", BIG],
    ["one that is out of range", `{"transactionId":1,"meterStop":-1e400,"timestamp":"${AT}"}`, "/meterStop", "-1e400"],
  ])("in a CALL, %s, is refused with its path and never kept changed", async (name, payload, path, text) => {
    const id = `NUMBER-${name.length}`;
    const station = await connect(id);
    station.send(`[2,"big","StopTransaction",${payload}]`);
    const [type, , code, description] = await station.next();
    expect([type, code]).toEqual([4, "PropertyConstraintViolation"]);
    expect(description).toContain(`${path}: the number ${text}`);
    const { data } = await eventOf(id, "big");
    expect(data).toMatchObject({ code, description, path });
    expect(data.payload[path.slice(1)]).toBe(text);
    expect(askedBy(id)).toEqual([]);
  });

  test.each(PROTOCOLS)("in vendor data of %s is refused at any depth", async (protocol) => {
    const station = await connect(`DEEP-${protocol}`, protocol, { validation: "lenient" });
    for (const number of [BIG, "1e-400", "0.1234567890123456789"]) {
      station.send(`[2,"deep","DataTransfer",{"vendorId":"v","data":{"a/b":[1,${number}]}}]`);
      const [, , code, description] = await station.next();
      expect(code).toBe("PropertyConstraintViolation");
      expect(description).toContain(`/data/a~1b/1: the number ${number}`);
    }
  });

  test("in an answer to a command is an error of the edge that shows it as it was written", async () => {
    const station = await connect("NUMBER-ANSWER");
    const pending = kerbside.command("NUMBER-ANSWER", "GetLocalListVersion", {});
    const [, messageId] = await station.next();
    station.send(`[3,"${messageId}",{"listVersion":${BIG}}]`);
    expect((await pending).body).toMatchObject({
      state: "error",
      error: {
        code: "PropertyConstraintViolation",
        origin: "edge",
        description: expect.stringContaining("/listVersion"),
      },
      received: { listVersion: BIG },
    });
  });

  test("in a CALLERROR's details is shown as it was written", async () => {
    const station = await connect("NUMBER-ERROR");
    const pending = kerbside.command("NUMBER-ERROR", "ClearCache", {});
    const [, messageId] = await station.next();
    station.send(`[4,"${messageId}","GenericError","",{"free":${BIG}}]`);
    expect((await pending).body).toMatchObject({ error: { origin: "station", details: { free: BIG } } });
  });

  test.each([
    ["RemoteStopTransaction", `{"transactionId":${BIG}}`, "/payload/transactionId"],
    ["DataTransfer", '{"vendorId":"v","data":1e400}', "/payload/data"],
  ])("in a command, %s, is refused with its path and never sent", async (action, payload, path) => {
    const id = `NUMBER-${action}`;
    const station = await connect(id);
    const body = `{"action":"${action}","payload":${payload}}`;
    const answer = await kerbside.api("POST", `/v1/stations/${id}/commands`, body);
    expect([answer.status, answer.body.errors[0].path]).toEqual([422, path]);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect(station.frames).toHaveLength(1);
  });

  test("in an answer of the CSMS is no answer", async () => {
    csms.reply = () => ({ text: `{"payload":{"transactionId":${BIG},"idTagInfo":{"status":"Accepted"}}}` });
    const station = await connect("NUMBER-CSMS");
    expect((await station.call("StartTransaction", START))[2]).toBe("InternalError");
    csms.reply = () => ({ text: '{"payload":{"transactionId":1E2,"idTagInfo":{"status":"Accepted"}}}' });
    expect((await station.call("StartTransaction", START))[2]).toEqual({ transactionId: 100, ...ACCEPTED });
  });

  test("is not what is equal in value, or a double printed in full", async () => {
    const station = await connect("NUMBER-EQUAL", "ocpp2.0.1");
    station.send('[2,"equal","DataTransfer",{"vendorId":"v","data":[1.0,1E5,-0,230.10000000000002,9007199254740991]}]');
    csms.reply = () => ({ body: { payload: { status: "Accepted" } } });
    expect((await station.next())[0]).toBe(3);
    await eventOf("NUMBER-EQUAL", "equal");
    expect(deliveredText("NUMBER-EQUAL")).toContain("[1,100000,0,230.10000000000002,9007199254740991]");
  });
});

describe("a refused CALL", () => {
  test.each<[string, string, unknown, string, string]>([
    [
      "a schema fault",
      "StatusNotification",
      { ...STATUS_16, connectorId: "1" },
      "TypeConstraintViolation",
      "/connectorId",
    ],
    [
      "an idTag of 21 characters",
      "StopTransaction",
      { ...STOP, idTag: "x".repeat(21) },
      "PropertyConstraintViolation",
      "/idTag",
    ],
    ["an action that no version has", "Explode", { now: true }, "NotImplemented", ""],
    ["an action of the CSMS", "Reset", { type: "Soft" }, "NotSupported", ""],
  ])("is an event with what the station was told: %s", async (name, action, payload, code, path) => {
    const id = `REFUSED-${name.length}`;
    const station = await connect(id);
    const [type, messageId, given, description] = await station.call(action, payload);
    expect([type, given]).toEqual([4, code]);
    const event = await eventOf(id, messageId);
    expect(event.type).toBe("ocpp.call.refused");
    expect(event.data).toEqual({
      ...{ protocol: "ocpp1.6", messageId, action, payload, code, description, path },
      suppressedBefore: 0,
    });
  });

  test("is counted, not kept, beyond ten a minute", async () => {
    const station = await connect("REFUSED-MANY");
    for (let i = 0; i < 25; i++) await station.call("Explode", {}, `many-${i}`);
    await station.call("StatusNotification", STATUS_16, "after");
    await eventOf("REFUSED-MANY", "after");
    const refused = eventsFor("REFUSED-MANY", "ocpp.call.refused");
    expect(refused.map(({ data }) => data.messageId)).toEqual(Array.from({ length: 10 }, (_, i) => `many-${i}`));
  });

  test("may be what a webhook asks for alone", async () => {
    const one = await HttpPeer.start();
    const types = ["ocpp.call.refused"];
    expect((await kerbside.api("PUT", "/v1/webhooks/one", { url: one.url, secret: SECRET, types })).status).toBe(201);
    const station = await connect("REFUSED-TYPE");
    await station.call("Explode", {}, "typed");
    await until("the event", () => eventsOf(one).find(({ data }) => data.messageId === "typed"));
    expect(new Set(eventsOf(one).map(({ type }) => type))).toEqual(new Set(types));
    await kerbside.api("DELETE", "/v1/webhooks/one");
    await one.stop();
  });

  test("that is no JSON is a malformed frame with its beginning, and its CALLERROR has its id", async () => {
    const station = await connect("REFUSED-JSON");
    const frame = `[2,"broken","StopTransaction",{"transactionId":7,"meterStop":5,"info":"${"x".repeat(1_000)}`;
    station.send(frame);
    expect((await station.next()).slice(0, 3)).toEqual([4, "broken", "FormationViolation"]);
    const { data } = await eventOf("REFUSED-JSON", "broken");
    expect(data).toMatchObject({ kind: "malformed-frame", reason: "not JSON", excerpt: frame.slice(0, 4_000) });
  });

  test.each([
    ["an array", "[]", [], "FormationViolation"],
    ["a text", '"abc"', "abc", "FormationViolation"],
    ["a number", "5", 5, "FormationViolation"],
    ["cut off", '{"transactionId":7', '[2,"u\\u006efit","StopTransaction",{"transactionId":7', "FormationViolation"],
    ["followed by more", '{},"more"', {}, "FormationViolation"],
  ])("is an event also where its payload is none: %s", async (name, written, payload, code) => {
    const id = `UNFIT-${name.replaceAll(" ", "-")}`;
    const station = await connect(id);
    station.send(`[2,"u\\u006efit","StopTransaction",${written}${name === "cut off" ? "" : "]"}`);
    const [type, messageId, given, description] = await station.next();
    expect([type, messageId, given]).toEqual([4, "unfit", code]);
    const [event] = await until("the event", () => {
      const found = eventsFor(id, "ocpp.call.refused");
      return found.length > 0 ? found : null;
    });
    expect(event?.data).toEqual({
      ...{ protocol: "ocpp1.6", messageId: "unfit", action: "StopTransaction", payload, code, description, path: "" },
      suppressedBefore: 0,
    });
  });
});

describe("an answer of a station", () => {
  test.each([
    ["without a payload", (id: string) => `[3,"${id}"]`, (id: string) => `[3,"${id}"]`],
    ["that is null", (id: string) => `[3,"${id}",null]`, () => null],
    ["that is a text", (id: string) => `[3,"${id}","Accepted"]`, () => "Accepted"],
    [
      "cut off, its id in escapes",
      (id: string) => `[3,"\\u00${id.charCodeAt(0).toString(16)}${id.slice(1)}",{"a":[`,
      (id: string) => `[3,"\\u00${id.charCodeAt(0).toString(16)}${id.slice(1)}",{"a":[`,
    ],
  ])("%s is an error of the edge that shows what was received", async (name, write, received) => {
    const id = `RECEIVED-${name.length}`;
    const station = await connect(id);
    const pending = kerbside.command(id, "ClearCache", {});
    const [, messageId] = await station.next();
    station.send(write(messageId));
    const { status, body } = await pending;
    expect([status, body.state, body.error.origin]).toEqual([200, "error", "edge"]);
    expect(body.received).toEqual(received(messageId));
  });

  test("that is null counts as {}, where that is one", async () => {
    const station = await connect("RECEIVED-NULL", "ocpp2.0.1");
    const pending = kerbside.command("RECEIVED-NULL", "SetDisplayMessage", {
      message: { id: 1, priority: "InFront", message: { format: "UTF8", content: "x" } },
    });
    const [, messageId] = await station.next();
    station.send(`[3,"${messageId}",null]`);
    expect((await pending).body.state).toBe("error");
  });
});

describe("forward", () => {
  const forward = { validation: "forward" };
  const kindsOf = (event: TestEvent) => event.data.deviations.map(({ path, kind }: TestEvent) => `${path} ${kind}`);

  test("passes a faulty StopTransaction on, and acknowledges it without a decision", async () => {
    const station = await connect("FORWARD-STOP", "ocpp1.6", forward);
    const payload = { ...STOP, meterStop: "5", idTag: "x".repeat(21), reason: 7 };
    expect(await station.call("StopTransaction", payload, "stop")).toEqual([3, "stop", {}]);
    const event = await eventOf("FORWARD-STOP", "stop");
    expect(event.data).toMatchObject({ action: "StopTransaction", payload, answer: {}, answeredBy: "edge" });
    expect(kindsOf(event).sort()).toEqual(["/idTag forwarded", "/meterStop forwarded", "/reason forwarded"]);
    expect(askedBy("FORWARD-STOP")).toEqual([]);
  });

  test("lets the CSMS decide on a faulty StartTransaction", async () => {
    const station = await connect("FORWARD-START", "ocpp1.6", forward);
    const payload = { ...START, idTag: "x".repeat(21) };
    csms.reply = () => ({ body: { payload: { transactionId: -1, idTagInfo: { status: "Invalid" } } } });
    const [, , answer] = await station.call("StartTransaction", payload, "start");
    expect(answer).toEqual({ transactionId: -1, idTagInfo: { status: "Invalid" } });
    expect(JSON.parse(askedBy("FORWARD-START")[0]?.body ?? "").payload).toEqual(payload);
    csms.reply = () => ({ status: 503 });
    expect((await station.call("StartTransaction", { ...payload, meterStart: 9 }))[2]).toBe("InternalError");
  });

  test.each([
    ["no object", '"{\\"transactionId\\":7}"', '{"transactionId":7}', "]"],
    ["cut off", '{"transactionId":7', '[2,"stop","StopTransaction",{"transactionId":7', ""],
  ])(
    "passes a StopTransaction on whose payload is %s, with what could be read of it",
    async (name, written, text, end) => {
      const id = `FORWARD-UNFIT-${name.length}`;
      const station = await connect(id, "ocpp1.6", forward);
      station.send(`[2,"stop","StopTransaction",${written}${end}`);
      expect(await station.next()).toEqual([3, "stop", {}]);
      const event = await until("the event", () => eventsFor(id, "ocpp.call")[0]);
      expect(event.data).toMatchObject({ messageId: "stop", payload: { unreadable: text }, answer: {} });
      expect(kindsOf(event)).toContain(" forwarded");
    },
  );

  test("passes on a number that no double holds, as its text", async () => {
    const station = await connect("FORWARD-NUMBER", "ocpp1.6", forward);
    station.send(`[2,"n","StopTransaction",{"transactionId":${BIG},"meterStop":5,"timestamp":"${AT}"}]`);
    expect(await station.next()).toEqual([3, "n", {}]);
    const event = await eventOf("FORWARD-NUMBER", "n");
    expect(event.data.payload.transactionId).toBe(BIG);
    expect(kindsOf(event)).toContain("/transactionId forwarded");
  });

  test("passes on MeterValues of a transaction and TransactionEvents without an idToken, and no other faulty CALL", async () => {
    const station = await connect("FORWARD-METER", "ocpp1.6", forward);
    const values = { connectorId: 1, meterValue: "none" };
    expect((await station.call("MeterValues", { ...values, transactionId: 7 }))[2]).toEqual({});
    expect((await station.call("MeterValues", values))[2]).toBe("TypeConstraintViolation");
    expect((await station.call("StatusNotification", { ...STATUS_16, info: null }))[0]).toBe(3);
    expect((await station.call("StatusNotification", {}))[2]).toBe("OccurenceConstraintViolation");
    const other = await connect("FORWARD-EVENT", "ocpp2.0.1", forward);
    expect((await other.call("TransactionEvent", { eventType: "Odd", transactionInfo: null }, "odd"))[2]).toEqual({});
    expect((await eventOf("FORWARD-EVENT", "odd")).data.answer).toEqual({});
    expect((await other.call("Authorize", { idToken: 7 }))[2]).toBe("TypeConstraintViolation");
  });
});

test("an event's answer holds what the station was sent, a long description of the CSMS included", async () => {
  csms.reply = () => ({ body: { error: { code: "Odd", description: "d".repeat(600) } } });
  const station: TestStation = await connect("LONG-DESCRIPTION");
  const [, messageId, code, description, details] = await station.call("Authorize", { idTag: "A" });
  expect(description).toHaveLength(255);
  expect((await eventOf("LONG-DESCRIPTION", messageId)).data.answer).toEqual({ error: { code, description, details } });
});

test("a password that is not ASCII is taken in UTF-8 and in Latin-1, and no other", async () => {
  const password = "schl\u00fcssel f\u00fcr s\u00e4ule 7";
  const registration = { securityProfile: 1, password };
  const utf8 = Buffer.from(password).toString("latin1");
  for (const shown of [utf8, password]) {
    const station = await kerbside.station("PASSWORD", { user: "PASSWORD", password: shown }, registration);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
  }
  const wrong = { url: `ws://localhost:${kerbside.edge.port}/ocpp/PASSWORD`, user: "PASSWORD" };
  const refusal = await TestStation.refused({ ...wrong, password: password.replace("ü", "u") });
  expect(refusal.status).toBe(401);
});

test("a command's error of the first release is told by what it looked like", () => {
  const verdict = { code: "FormationViolation", description: "/: not an object", details: { received: "Accepted" } };
  expect(shownError(verdict, false)).toEqual({ error: { ...verdict, origin: "edge" }, received: "Accepted" });
  const said = { code: "GenericError", description: "no", details: { received: "boom" } };
  expect(shownError(said, false)).toEqual({ error: { ...said, origin: "station" } });
  expect(shownError({ ...said, details: { faults: [] } }, true).error.origin).toBe("edge");
});
