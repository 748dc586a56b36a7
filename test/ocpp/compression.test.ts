import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { RawStation } from "../support/raw-station.ts";
import { TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

// [RFC 7692] The platform negotiates permessage-deflate itself: it takes an offer with the parameters that it asks for,
// and declines one that it cannot keep. [2.0.1/2.1 P4] The CSMS SHALL support it; 1.6 leaves it open.

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

describe("an offer of permessage-deflate", () => {
  test.each([
    ["permessage-deflate", "permessage-deflate"],
    ["permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=15"],
    [
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    ],
    ["permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"],
    [
      "permessage-deflate; server_max_window_bits=99, permessage-deflate; client_no_context_takeover",
      "permessage-deflate; client_no_context_takeover",
    ],
    ["permessage-deflate; no_such_parameter=1", null],
    ["x-webkit-deflate-frame", null],
    ["garbage;;;=", null],
  ])("`%s` is taken as `%s`", async (offer, taken) => {
    await kerbside.register("OFFER");
    const station = await RawStation.connect(kerbside.edge.port, "/ocpp/OFFER", [
      "Connection: Upgrade",
      `Sec-WebSocket-Extensions: ${offer}`,
    ]);
    expect(station.status).toBe(101);
    expect(/^sec-websocket-extensions: (.*)$/im.exec(station.head)?.[1] ?? null).toBe(taken);
    station.send(0x81, '[2,"m","Heartbeat",{}]');
    const answer = await station.next();
    // RSV1 tells a compressed message: never where it was not negotiated.
    if (taken === null) expect(answer?.first).toBe(0x81);
    else expect([0x81, 0xc1]).toContain(answer?.first);
    station.kill();
  });
});

/** The first byte of every data frame that came. */
function firstBytes(station: TestStation): number[] {
  const bytes: number[] = [];
  const { _socket: socket } = station.socket as unknown as {
    _socket: { on(event: "data", f: (b: Buffer) => void): void };
  };
  socket.on("data", (chunk) => bytes.push(chunk[0] as number));
  return bytes;
}

describe("compressed messages go both ways", () => {
  test.each([
    ["with context takeover", {}],
    ["without", { serverNoContextTakeover: true, clientNoContextTakeover: true }],
    ["with small windows", { serverMaxWindowBits: 9, clientMaxWindowBits: 9 }],
  ])("%s, also after the object slept", async (name, parameters) => {
    const id = `DEFLATE-${name.length}`;
    await kerbside.register(id);
    const socket = { perMessageDeflate: { threshold: 0, ...parameters } };
    const station = await TestStation.connect(over(kerbside, "http", id, { protocols: ["ocpp2.0.1"], socket }));
    expect(station.socket.extensions).toBe("permessage-deflate");
    const first = firstBytes(station);
    for (let round = 0; round < 3; round++) {
      const data = `${round} `.repeat(20_000);
      expect((await station.call("DataTransfer", { vendorId: "com.example", data }))[0]).toBe(3);
      const isIt = ({ subject, data: { payload } }: { subject: string; data: { payload?: { data?: string } } }) =>
        subject === id && payload?.data === data;
      await until("the event", () => eventsOf(receiver).find(isIt));
      const pending = kerbside.command(id, "DataTransfer", { vendorId: "com.example", data });
      const [, messageId, , payload] = await station.next();
      expect(payload.data).toBe(data);
      station.send([3, messageId, { status: "Accepted", data }]);
      expect((await pending).body.payload.data).toBe(data);
      await until("quiet", async () => (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue.events === 0);
      await kerbside.edge.evict(id);
    }
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect(first).toContain(0xc1);
    station.kill();
  });
});

describe("a compressed message that is wrong", () => {
  const negotiated = ["Connection: Upgrade", "Sec-WebSocket-Extensions: permessage-deflate"];

  test("ends the connection, not the station", async () => {
    await kerbside.register("BROKEN-DEFLATE");
    const station = await RawStation.connect(kerbside.edge.port, "/ocpp/BROKEN-DEFLATE", negotiated);
    station.send(0xc1, Buffer.from([0xff, 0xff, 0xff, 0xff]));
    const frame = await station.next();
    expect(frame?.first ?? 0x88).toBe(0x88);
    station.kill();
    const again = await kerbside.station("BROKEN-DEFLATE");
    expect((await again.call("Heartbeat"))[0]).toBe(3);
  });

  test("a small one that inflates beyond every bound is not taken", async () => {
    await kerbside.register("BOMB");
    const socket = { perMessageDeflate: { threshold: 0 } };
    const station = await TestStation.connect(over(kerbside, "http", "BOMB", { socket }));
    station.send("x".repeat(64_000_000));
    expect((await station.closed).code).toBe(1009);
    const again = await kerbside.station("BOMB");
    expect((await again.call("Heartbeat"))[0]).toBe(3);
  });
});
