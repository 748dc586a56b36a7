import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16, type TestStation } from "../support/test-station.ts";

// The numbers are those of "What stations do wrong" in the OCPP facts; 7 to 14 are in quirks-payload.test.ts,
// those of the upgrade and of frames in quirks-connection.test.ts.

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  kerbside = await startKerbside();
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const RESET = { type: "Soft" };
const STOP = { transactionId: 7, meterStop: 5, timestamp: "2026-11-23T12:00:00Z" };
const calls = (id: string): TestEvent[] =>
  eventsOf(receiver).filter(({ subject, type }) => subject === id && type === "ocpp.call");
const beats = async (station: TestStation) => expect((await station.call("Heartbeat"))[0]).toBe(3);

describe("answers of the station", () => {
  test('15: [3,"",…] answers nothing; the command times out, the next one works', async () => {
    const station = await kerbside.station("Q15");
    const pending = kerbside.command("Q15", "Reset", RESET, { timeoutSeconds: 1 });
    await station.next();
    station.send([3, "", { status: "Accepted" }]);
    expect((await pending).body.state).toBe("timeout");
    station.answerCalls(() => ({ status: "Accepted" }));
    expect((await kerbside.command("Q15", "Reset", RESET)).body.state).toBe("result");
  });

  test.each([
    ["a code of the wrong type", [4, "ID", 5, "text", {}], { code: "GenericError", description: "text", details: {} }],
    ["errorDetails a string", [4, "ID", "InternalError", "", "boom"], { details: { received: "boom" } }],
    ["missing elements", [4, "ID"], { code: "GenericError", description: "", details: {} }],
    ["nulls", [4, "ID", null, null, null], { code: "GenericError", description: "", details: {} }],
  ])("16: a CALLERROR with %s", async (name, frame, error) => {
    const id = `Q16-${name.length}`;
    const station = await kerbside.station(id);
    const pending = kerbside.command(id, "Reset", RESET);
    const [, messageId] = await station.next();
    station.send(frame.map((part) => (part === "ID" ? messageId : part)));
    expect((await pending).body).toMatchObject({ state: "error", error });
    await beats(station);
  });

  test("17: message type 1", async () => {
    const station = await kerbside.station("Q17");
    station.send([1, "m", "Heartbeat", {}]);
    station.send([1, 1]);
    await beats(station);
    expect(station.frames).toHaveLength(1);
  });

  test("22: an answer that comes long after the deadline still settles its command", async () => {
    const station = await kerbside.station("Q22");
    const { body } = await kerbside.command("Q22", "Reset", RESET, { timeoutSeconds: 1 });
    expect(body.state).toBe("timeout");
    const [, messageId] = await station.next();
    const other = kerbside.command("Q22", "ClearCache", {});
    const [, second] = await station.next();
    station.send([3, messageId, { status: "Accepted" }]);
    station.send([3, second, { status: "Rejected" }]);
    expect((await other).body.payload).toEqual({ status: "Rejected" });
    const settled = (await kerbside.api("GET", `/v1/stations/Q22/commands/${messageId}`)).body;
    expect(settled).toMatchObject({ state: "result", payload: { status: "Accepted" } });
  });

  test("23: Heartbeats go on while commands stay unanswered until a reconnect", async () => {
    const station = await kerbside.station("Q23");
    for (let i = 0; i < 2; i++) {
      const pending = kerbside.command("Q23", "Reset", RESET, { timeoutSeconds: 1 });
      expect((await station.next())[2]).toBe("Reset");
      await beats(station);
      expect((await pending).body.state).toBe("timeout");
    }
    station.kill();
    const again = await kerbside.station("Q23");
    again.answerCalls(() => ({ status: "Accepted" }));
    expect((await kerbside.command("Q23", "Reset", RESET)).body.state).toBe("result");
  });

  test("27: a triggered CALL that is sent before the answer to the TriggerMessage", async () => {
    const station = await kerbside.station("Q27");
    const pending = kerbside.command("Q27", "TriggerMessage", { requestedMessage: "StatusNotification" });
    const [, messageId] = await station.next();
    expect((await station.call("StatusNotification", STATUS_16))[0]).toBe(3);
    station.send([3, messageId, { status: "Accepted" }]);
    expect((await pending).body.state).toBe("result");
  });
});

describe("calls of the station", () => {
  test("18: duplicate ids, and retries under the old id or a new one", async () => {
    const station = await kerbside.station("Q18");
    const start = { connectorId: 1, idTag: "A", meterStart: 0, timestamp: "2026-11-23T12:00:00Z" };
    const [, , first] = await station.call("StartTransaction", start, "old");
    expect((await station.call("StartTransaction", start, "old"))[2]).toEqual(first);
    expect((await station.call("StartTransaction", start, "new"))[2]).toEqual(first);
    expect((await station.call("StatusNotification", STATUS_16, "old"))[0]).toBe(3);
    await until("the last event", () => calls("Q18").some(({ data }) => data.action === "StatusNotification"));
    expect(calls("Q18")).toHaveLength(2);
  });

  test("19: StopTransaction twice after a reboot, and a transactionId of −1 after an offline start", async () => {
    const station = await kerbside.station("Q19");
    for (const [messageId, transactionId] of [
      ["s1", 7],
      ["s2", -1],
    ] as const) {
      expect((await station.call("StopTransaction", { ...STOP, transactionId }, messageId))[0]).toBe(3);
    }
    station.kill();
    const rebooted = await kerbside.station("Q19");
    await rebooted.call("BootNotification", BOOT_16, "1");
    for (const [messageId, transactionId] of [
      ["2", 7],
      ["3", -1],
    ] as const) {
      expect((await rebooted.call("StopTransaction", { ...STOP, transactionId }, messageId))[0]).toBe(3);
    }
    await beats(rebooted);
  });

  test("20: the whole backlog of MeterValues on connecting", async () => {
    const station = await kerbside.station("Q20");
    const backlog = Array.from({ length: 600 }, (_, i) => `v${i}`);
    for (const [i, id] of backlog.entries()) {
      const sample = { timestamp: "2026-11-23T12:00:00Z", sampledValue: [{ value: `${i}` }] };
      station.send([2, id, "MeterValues", { connectorId: 1, meterValue: [sample] }]);
    }
    for (const id of backlog) expect((await station.next()).slice(0, 2)).toEqual([3, id]);
    await until("the events", () => calls("Q20").length === backlog.length);
    expect(calls("Q20").map(({ data }) => data.messageId)).toEqual(backlog);
  });

  test("21: a station that hangs up if called before its Boot loses that command, and is not called with it again", async () => {
    await kerbside.register("Q21");
    const { commandId } = (await kerbside.command("Q21", "Reset", RESET, { expiresInSeconds: 60 })).body;
    const touchy = await kerbside.station("Q21");
    expect((await touchy.next())[1]).toBe(commandId);
    touchy.kill();
    const settled = async () => (await kerbside.api("GET", `/v1/stations/Q21/commands/${commandId}`)).body.state;
    await until("the end of the command", async () => (await settled()) === "timeout");
    const again = await kerbside.station("Q21");
    expect((await again.call("BootNotification", BOOT_16))[2].status).toBe("Accepted");
    await beats(again);
    expect(again.frames).toHaveLength(2);
  });

  test("21: no Boot after a reconnect, and nothing is sent to a station unasked", async () => {
    const station = await kerbside.station("Q21-QUIET");
    await station.call("BootNotification", BOOT_16);
    station.kill();
    const again = await kerbside.station("Q21-QUIET");
    expect((await again.call("StatusNotification", STATUS_16))[0]).toBe(3);
    expect(again.frames).toHaveLength(1);
  });

  test("25: the same Boot under the same id is a new question each time", async () => {
    const csms = await HttpPeer.start();
    const apart = await startKerbside({ CSMS_URL: csms.url });
    try {
      csms.reply = () => ({ body: { payload: { status: "Odd" } } });
      const station = await apart.station("Q25");
      for (let i = 0; i < 2; i++)
        expect((await station.call("BootNotification", BOOT_16, "b"))[2].status).toBe("Pending");
      csms.reply = () => ({
        body: { payload: { status: "Accepted", interval: 9, currentTime: new Date().toISOString() } },
      });
      expect((await station.call("BootNotification", BOOT_16, "b"))[2]).toMatchObject({
        status: "Accepted",
        interval: 9,
      });
      expect(csms.requests).toHaveLength(3);
    } finally {
      await apart.stop();
      await csms.stop();
    }
  });

  test("26: a flood of DiagnosticsStatusNotification", async () => {
    const station = await kerbside.station("Q26-FLOOD");
    const flood = Array.from({ length: 500 }, (_, i) => `d${i}`);
    for (const id of flood) station.send([2, id, "DiagnosticsStatusNotification", { status: "Uploading" }]);
    for (const id of flood) expect(await station.next()).toEqual([3, id, {}]);
    await beats(station);
  });

  test("28: several CALLs open at once", async () => {
    const station = await kerbside.station("Q28");
    const sent: [string, unknown][] = [
      ["BootNotification", BOOT_16],
      ["StatusNotification", STATUS_16],
      ["Authorize", { idTag: "A" }],
      ["Heartbeat", {}],
    ];
    for (const [i, [action, payload]] of sent.entries()) station.send([2, `open-${i}`, action, payload]);
    for (const i of sent.keys()) expect((await station.next()).slice(0, 2)).toEqual([3, `open-${i}`]);
  });
});
