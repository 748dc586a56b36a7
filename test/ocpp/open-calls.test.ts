import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { INBOX_MAX } from "../../src/ocpp/session.ts";
import { eventsOf, HttpPeer, type Received, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16 } from "../support/test-station.ts";

let kerbside: Kerbside;
let receiver: HttpPeer;
let csms: HttpPeer;
beforeAll(async () => {
  csms = await HttpPeer.start();
  kerbside = await startKerbside({ CSMS_URL: csms.url });
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
  await csms?.stop();
});

const payloadFor = (action: string): unknown => {
  if (action === "DataTransfer") return { status: "Accepted", data: `answer ${csms.requests.length}` };
  if (action === "StartTransaction") return { transactionId: csms.requests.length, idTagInfo: { status: "Accepted" } };
  return { idTagInfo: { status: "Accepted" } };
};
const answerAll = ({ body }: Received): Reply => ({ body: { payload: payloadFor(JSON.parse(body).action) } });
beforeEach(() => {
  csms.reply = answerAll;
});

const data = (text: string) => ({ vendorId: "com.example", data: text });
const asked = (id: string) => csms.requests.map(({ body }) => JSON.parse(body)).filter((it) => it.stationId === id);
const calls = (id: string): TestEvent[] =>
  eventsOf(receiver).filter(({ subject, type }) => subject === id && type === "ocpp.call");

/** An object is evicted once its deliveries are done: workerd stalls both for 15 s otherwise. */
async function sleep(id: string): Promise<void> {
  await until("quiet", async () => (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue.events === 0);
  await kerbside.edge.evict(id);
}

describe("a messageId", () => {
  test("repeated after its answer gets the same answer, and makes no second event; a Heartbeat between does not matter", async () => {
    const station = await kerbside.station("ID-AGAIN");
    const first = await station.call("DataTransfer", data("x"), "same");
    await station.call("Heartbeat");
    await sleep("ID-AGAIN");
    expect(await station.call("DataTransfer", data("x"), "same")).toEqual(first);
    await station.call("StatusNotification", STATUS_16, "last");
    await until("the events", () => calls("ID-AGAIN").some(({ data }) => data.messageId === "last"));
    expect(calls("ID-AGAIN").map(({ data }) => data.messageId)).toEqual(["same", "last"]);
    expect(asked("ID-AGAIN")).toHaveLength(1);
  });

  test("repeated with other content is a new CALL", async () => {
    const station = await kerbside.station("ID-OTHER");
    const first = await station.call("DataTransfer", data("x"), "same");
    const second = await station.call("DataTransfer", data("y"), "same");
    expect([first[0], second[0]]).toEqual([3, 3]);
    expect(second[2].data).not.toBe(first[2].data);
    await until("the events", () => calls("ID-OTHER").length === 2);
  });

  test("repeated while its CALL is open gets one answer", async () => {
    const station = await kerbside.station("ID-OPEN");
    csms.reply = (received) => ({ ...(answerAll(received) as object), delayMs: 300 });
    for (let i = 0; i < 3; i++) station.send([2, "same", "DataTransfer", data("x")]);
    station.send([2, "other", "DataTransfer", data("y")]);
    station.send([2, "other", "DataTransfer", data("y")]);
    expect((await station.next())[1]).toBe("same");
    expect((await station.next())[1]).toBe("other");
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect(station.frames).toHaveLength(3);
    expect(asked("ID-OPEN")).toHaveLength(2);
  });

  test.each([
    ["StartTransaction", { connectorId: 1, idTag: "A", meterStart: 0, timestamp: "2026-11-23T12:00:00Z" }],
    ["DataTransfer", data("x")],
  ])("repeated after a CALLERROR is another attempt: %s [1.6 §3.7.1]", async (action, payload) => {
    const station = await kerbside.station(`ID-${action}`);
    csms.reply = () => ({ body: { error: { code: "InternalError", description: "not now" } } });
    expect(await station.call(action, payload, "same")).toEqual([4, "same", "InternalError", "not now", {}]);
    csms.reply = answerAll;
    expect((await station.call(action, payload, "same"))[0]).toBe(3);
  });

  test("repeated after a reconnect gives a StartTransaction the transactionId it had, and no second event", async () => {
    const payload = { connectorId: 1, idTag: "A", meterStart: 0, timestamp: "2026-11-23T12:00:00Z" };
    const station = await kerbside.station("ID-RECONNECT");
    const first = await station.call("StartTransaction", payload, "same");
    station.kill();
    const again = await kerbside.station("ID-RECONNECT");
    expect(await again.call("StartTransaction", payload, "same")).toEqual(first);
    await again.call("StatusNotification", STATUS_16, "last");
    await until("the events", () => calls("ID-RECONNECT").some(({ data }) => data.messageId === "last"));
    expect(calls("ID-RECONNECT").map(({ data }) => data.messageId)).toEqual(["same", "last"]);
  });
});

describe("several CALLs open at once", () => {
  test("are answered in their order, however slow the CSMS is, but a Heartbeat, which does not wait for it", async () => {
    const station = await kerbside.station("MANY");
    let delayMs = 250;
    csms.reply = (received) => {
      delayMs = Math.max(0, delayMs - 50);
      return { ...(answerAll(received) as object), delayMs };
    };
    const actions = ["DataTransfer", "Heartbeat", "DataTransfer", "StatusNotification", "Authorize", "DataTransfer"];
    const payloads: Record<string, unknown> = {
      StatusNotification: STATUS_16,
      Authorize: { idTag: "A" },
      Heartbeat: {},
    };
    actions.forEach((action, i) => {
      station.send([2, `open-${i}`, action, payloads[action] ?? data(`${i}`)]);
    });
    const answers = [];
    for (const _ of actions) answers.push(await station.next());
    const ids = ["open-1", "open-0", "open-2", "open-3", "open-4", "open-5"];
    expect(answers.map(([type, id]) => [type, id])).toEqual(ids.map((id) => [3, id]));
    await until("the events", () => calls("MANY").length === 5);
    expect(calls("MANY").map(({ data }) => data.messageId)).toEqual(["open-0", "open-2", "open-3", "open-4", "open-5"]);
  });

  test("beyond the bound get an error that names it, and all others their answer", async () => {
    csms.reply = (received) => ({ ...(answerAll(received) as object), delayMs: 1_000 });
    const station = await kerbside.station("FLOOD");
    const sent = Array.from({ length: INBOX_MAX + 4 }, (_, i) => `m${i}`);
    station.send([2, "m0", "DataTransfer", data("x")]);
    for (const messageId of sent.slice(1)) station.send([2, messageId, "StatusNotification", STATUS_16]);
    const frames = [];
    for (const _ of sent) frames.push(await station.next());
    const errors = frames.filter(([type]) => type === 4);
    expect(errors.map(([, messageId]) => messageId)).toEqual(sent.slice(INBOX_MAX + 1));
    for (const [, , code, description] of errors) {
      expect([code, description]).toEqual(["InternalError", expect.stringContaining(`${INBOX_MAX}`)]);
    }
    const answered = frames.filter(([type]) => type === 3).map(([, messageId]) => messageId);
    expect(answered).toEqual(sent.slice(0, INBOX_MAX + 1));
    expect((await station.call("Heartbeat"))[0]).toBe(3);
  });

  test("do not hold up what is refused: an invalid CALL is answered at once", async () => {
    const station = await kerbside.station("INVALID-MEANWHILE");
    csms.reply = (received) => ({ ...(answerAll(received) as object), delayMs: 500 });
    station.send([2, "slow", "DataTransfer", data("x")]);
    station.send([2, "wrong", "StatusNotification", {}]);
    expect((await station.next()).slice(0, 2)).toEqual([4, "wrong"]);
    expect((await station.next()).slice(0, 2)).toEqual([3, "slow"]);
  });
});

describe("CALLs of both directions", () => {
  test("cross without a wait for each other, under the same messageId too", async () => {
    const station = await kerbside.station("CROSS");
    csms.reply = (received) => ({ ...(answerAll(received) as object), delayMs: 300 });
    const pending = kerbside.command("CROSS", "Reset", { type: "Soft" });
    const [, messageId] = await station.next();
    station.send([2, messageId, "DataTransfer", data("x")]);
    station.send([3, messageId, { status: "Accepted" }]);
    expect((await pending).body).toMatchObject({ state: "result", payload: { status: "Accepted" } });
    expect(await station.next()).toMatchObject([3, messageId, { status: "Accepted", data: expect.any(String) }]);
  });

  test("leave a command its turn while the station waits for the CSMS", async () => {
    const station = await kerbside.station("CROSS-2");
    csms.reply = () => "hang";
    station.send([2, "hangs", "DataTransfer", data("x")]);
    await until("the question", () => asked("CROSS-2").length === 1);
    station.answerCalls(() => ({ status: "Accepted" }));
    expect((await kerbside.command("CROSS-2", "Reset", { type: "Soft" })).body.state).toBe("result");
  });
});

describe("an error that the CSMS answers with", () => {
  test.each([
    ["ocpp1.6", "FormatViolation", "FormationViolation"],
    ["ocpp1.6", "OccurrenceConstraintViolation", "OccurenceConstraintViolation"],
    ["ocpp2.0.1", "FormationViolation", "FormatViolation"],
    ["ocpp2.1", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"],
    ["ocpp2.1", "SecurityError", "SecurityError"],
    ["ocpp1.6", "RpcFrameworkError", "GenericError"],
    ["ocpp2.0.1", "NoSuchCode", "GenericError"],
  ] as const)("is told in %s with a code it has: %s → %s", async (protocol, code, told) => {
    csms.reply = () => ({ body: { error: { code, description: "because", details: { a: 1 } } } });
    const id = `CODE-${protocol.length}-${code}`;
    const station = await kerbside.station(id, { protocols: [protocol] });
    const answer = await station.call("DataTransfer", data("x"), "m");
    expect(answer).toEqual([4, "m", told, expect.stringContaining("because"), { a: 1 }]);
    const [event] = await until("the event", () => (calls(id).length === 1 ? calls(id) : null));
    expect(event?.data.answer.error.code).toBe(told);
  });

  test("nested without end is none: the station may try again", async () => {
    csms.reply = () => ({
      body: JSON.parse(`{"payload":{"status":"Accepted","data":${"[".repeat(200)}${"]".repeat(200)}}}`),
    });
    const station = await kerbside.station("CSMS-DEEP", { protocols: ["ocpp2.0.1"] });
    expect((await station.call("DataTransfer", data("x")))[2]).toBe("InternalError");
    expect((await station.call("Heartbeat"))[0]).toBe(3);
  });
});
