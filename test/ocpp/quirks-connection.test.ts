import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { expectRefusal } from "../support/problems.ts";
import { CLOSE, PING, PONG, RawStation, TEXT } from "../support/raw-station.ts";
import { BOOT_16, TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

// 1 to 6, 24, 26 and 29 of "What stations do wrong" in the OCPP facts.

let kerbside: Kerbside;
beforeAll(async () => {
  kerbside = await startKerbside();
});
afterAll(async () => {
  await kerbside?.stop();
});

const HEARTBEAT = '[2,"m","Heartbeat",{}]';
const RESET = { type: "Soft" };
const beats = async (station: TestStation) => expect((await station.call("Heartbeat"))[0]).toBe(3);

async function raw(target: string, lines?: string[]): Promise<RawStation> {
  return RawStation.connect(kerbside.edge.port, target, lines);
}
async function beatsRaw(station: RawStation): Promise<void> {
  expect(station.status).toBe(101);
  station.send(TEXT, HEARTBEAT);
  expect(await station.nextJson()).toEqual([3, "m", { currentTime: expect.any(String) }]);
}
/** A station that came by a wrong address is refused clearly, and comes in by the right one at once. */
async function expectOnlyRightAddress(id: string, wrong: string, status: number): Promise<void> {
  await kerbside.register(id);
  const lost = await raw(wrong);
  expect(lost.status).toBe(status);
  expect(lost.head).toContain("application/problem+json");
  lost.kill();
  const found = await raw(`/ocpp/${id}`);
  await beatsRaw(found);
  found.kill();
}

describe("the upgrade", () => {
  test("1: no Sec-WebSocket-Protocol at all", async () => {
    await kerbside.register("Q1");
    expectRefusal(await TestStation.refused(over(kerbside, "http", "Q1", { protocols: [] })), "subprotocol");
    await kerbside.register("Q1", { protocols: ["ocpp1.6"], assumeProtocol: true });
    const station = await TestStation.connect(over(kerbside, "http", "Q1", { protocols: [] }));
    expect(station.socket.protocol).toBe("");
    expect((await station.call("BootNotification", BOOT_16))[2].status).toBe("Accepted");
    station.kill();
  });

  test("2: a half-open connection, and the late close of the old socket", async () => {
    const old = await kerbside.station("Q2");
    await beats(old);
    old.socket.pause();
    const young = await kerbside.station("Q2");
    await beats(young);
    old.socket.resume();
    expect(await old.closed).toEqual({ code: 1008, reason: "superseded" });
    young.answerCalls(() => ({ status: "Accepted" }));
    expect((await kerbside.command("Q2", "Reset", RESET)).body.state).toBe("result");
  });

  test("3: no `Connection: Upgrade`", async () => {
    await kerbside.register("Q3");
    const station = await raw("/ocpp/Q3", []);
    await beatsRaw(station);
    station.kill();
  });

  test("4: an extra path segment is refused clearly, a trailing slash is tolerated", async () => {
    await expectOnlyRightAddress("Q4", "/ocpp/Q4/ocpp1.6", 400);
    await expectOnlyRightAddress("Q4", "/ocpp/1.6/Q4", 400);
    const station = await raw("/ocpp/Q4/");
    await beatsRaw(station);
    station.kill();
  });

  test.each(["ws://csms.example:80/ocpp/Q5", "http://localhost/ocpp/Q5", "WS://x/ocpp/Q5/"])(
    "5: an absolute URL in the request line: %s",
    async (target) => {
      await kerbside.register("Q5");
      const station = await raw(target);
      await beatsRaw(station);
      station.kill();
    },
  );

  test("29: a double slash before the identity is tolerated, elsewhere refused clearly", async () => {
    await expectOnlyRightAddress("Q29", "//ocpp/Q29", 404);
    const station = await raw("/ocpp//Q29");
    await beatsRaw(station);
    station.kill();
  });
});

describe("frames below OCPP", () => {
  test("6: RSV1 without negotiated compression ends in 1002 [RFC 6455 §5.2], and the station may come back at once", async () => {
    await kerbside.register("Q6");
    const station = await raw("/ocpp/Q6");
    await beatsRaw(station);
    station.send(0xc1, HEARTBEAT);
    const frame = await station.next();
    expect([frame?.first, frame?.body.readUInt16BE(0)]).toEqual([CLOSE, 1002]);
    station.kill();
    const again = await raw("/ocpp/Q6");
    await beatsRaw(again);
    again.kill();
  });

  test.each([
    [4_999, 4_999],
    [5_000, 4_999],
    [65_535, 4_999],
  ])(
    "35: a close frame with the code %i is answered with %i [RFC 6455 §5.5.1], and the connection ends",
    async (code, answered) => {
      await kerbside.register("Q35");
      const station = await raw("/ocpp/Q35");
      await beatsRaw(station);
      station.send(CLOSE, Buffer.from([code >> 8, code & 0xff]));
      const frame = await station.next();
      expect([frame?.first, frame?.body.readUInt16BE(0)]).toEqual([CLOSE, answered]);
      expect(await station.next()).toBe(null);
      await until("offline", async () => !(await kerbside.api("GET", "/v1/stations/Q35")).body.online);
      station.kill();
    },
  );

  test("24: pings are answered, also while the object sleeps", async () => {
    await kerbside.register("Q24");
    const station = await raw("/ocpp/Q24");
    await beatsRaw(station);
    await until("quiet", async () => (await kerbside.api("GET", "/v1/stations/Q24")).body.queue.events === 0);
    // Once: no ping wakes it.
    await kerbside.edge.evict("Q24");
    for (const body of ["", "alive?", "x".repeat(125)]) {
      station.send(PING, body);
      expect(await station.next()).toEqual({ first: PONG, body: Buffer.from(body) });
    }
    station.send(PONG, "unasked");
    await beatsRaw(station);
    station.kill();
  });

  test("26: fragmented frames, with a ping between the fragments", async () => {
    await kerbside.register("Q26");
    const station = await raw("/ocpp/Q26");
    station.send(0x01, HEARTBEAT.slice(0, 5));
    station.send(0x00, "");
    station.send(PING, "between");
    station.send(0x00, HEARTBEAT.slice(5, 9));
    station.send(0x80, HEARTBEAT.slice(9));
    expect((await station.next())?.first).toBe(PONG);
    expect(await station.nextJson()).toEqual([3, "m", { currentTime: expect.any(String) }]);
    await beatsRaw(station);
    station.kill();
  });
});
