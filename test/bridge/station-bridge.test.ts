import { EventEmitter, once } from "node:events";
import http from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket as Client, type WebSocket, WebSocketServer } from "ws";
import { parseArguments } from "../../src/bridge/arguments.ts";
import { Bridge } from "../../src/bridge/bridge.ts";
import { BridgeCounts } from "../../src/bridge/bridge-counts.ts";
import { headOf } from "../../src/bridge/frame-head.ts";
import { Mirror } from "../../src/bridge/mirror.ts";
import { Heartbeats } from "../../src/bridge/heartbeats.ts";
import { keepAlive } from "../../src/bridge/keep-alive.ts";
import { onEnd, type SocketEnd } from "../../src/bridge/socket-end.ts";
import { StationBridge } from "../../src/bridge/station-bridge.ts";
import { type OpenCall, Unanswered } from "../../src/bridge/unanswered.ts";
import { until } from "../support/http-peers.ts";

/** One side of the bridge: what came to it, socket by socket. */
class Side {
  readonly server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  readonly sockets: WebSocket[] = [];
  readonly heard: string[] = [];

  constructor() {
    this.server.on("connection", (socket) => {
      this.sockets.push(socket);
      socket.on("message", (data) => this.heard.push(String(data)));
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get newest(): WebSocket | undefined {
    return this.sockets.findLast(({ readyState }) => readyState === Client.OPEN);
  }

  send(...frames: unknown[]): void {
    for (const frame of frames) this.newest?.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function between(mirrored?: Side) {
  const [link, csms, counts] = [new Side(), new Side(), new BridgeCounts()];
  const logged: [level: string, message: string, facts: Record<string, unknown>][] = [];
  const log = (...line: (typeof logged)[number]) => void logged.push(line);
  await Promise.all([link, csms, ...(mirrored ? [mirrored] : [])].map(({ server }) => once(server, "listening")));
  const bridge = new StationBridge({
    stationId: "S",
    link: () => ({ url: link.url, protocols: ["kerbside.csms.v1"], options: {} }),
    csms: (protocol) => ({ url: csms.url, protocols: [protocol], options: {} }),
    turn: async () => true,
    counts,
    log,
    random: () => 0,
    mirror:
      mirrored === undefined
        ? null
        : new Mirror({
            open: (protocol) => new Client(mirrored.url, [protocol]),
            turn: async () => true,
            ...{ counts, log },
            random: () => 0,
          }),
  });
  ends.push(() => {
    bridge.end();
    for (const { server } of [link, csms, ...(mirrored ? [mirrored] : [])]) {
      for (const socket of server.clients) socket.terminate();
      server.close();
    }
  });
  await bridge.start();
  await until("the link", () => link.newest !== undefined);
  const stands = (protocol = "ocpp1.6", online = true) =>
    link.send({ station: { online, protocol, securityProfile: 0, since: "2026-11-28T12:00:00Z", boot: null } });
  return { link, csms, bridge, counts, logged, stands };
}

test.each(['[2,"a\nb","Reset",{}]', '[2,"\\x","Reset",{}]', "[2", "", "null"])(
  "The head of %j is nobody's, and no exception",
  (frame) => {
    expect(headOf(frame)).toEqual([0, "", ""]);
  },
);

test("A station that comes back in another version has a socket of that version at the CSMS", async () => {
  const { csms, stands } = await between();
  stands("ocpp1.6");
  await until("the first", () => csms.newest?.protocol === "ocpp1.6");
  stands("ocpp2.0.1");
  await until("the other", () => csms.newest?.protocol === "ocpp2.0.1");
  expect(csms.sockets.filter(({ readyState }) => readyState === Client.OPEN)).toHaveLength(1);
});

test("What a station said before it came back in another version is answered on the socket of that version", async () => {
  const { link, csms, stands } = await between();
  stands("ocpp1.6");
  const first = await until("the first", () => csms.newest);
  link.send([2, "old", "StopTransaction", {}]);
  await until("the CALL", () => csms.heard.length === 1);
  stands("ocpp1.6", false);
  stands("ocpp2.0.1");
  // It would be closed once it is quiet.
  await new Promise((resolve) => setTimeout(resolve, 300));
  first.send('[3,"old",{}]');
  await until("its answer", () => link.heard.length === 1);
  link.send([2, "new", "StatusNotification", {}]);
  await until("the next", () => csms.heard.length === 2);
  expect(csms.heard.map((frame) => JSON.parse(frame)[1])).toEqual(["old", "new"]);
  expect(csms.newest?.protocol).toBe("ocpp2.0.1");
});

test("The answer to a CALL of the CSMS's socket before goes to no other CALL of the same id", async () => {
  const { link, csms, stands } = await between();
  stands();
  await until("its socket", () => csms.newest !== undefined);
  csms.send([2, "1", "Reset", { type: "Soft" }]);
  await until("the CALL", () => link.heard.length === 1);
  csms.newest?.terminate();
  await until("another socket", () => csms.sockets.length === 2 && csms.newest !== undefined);
  link.send([3, "1", { status: "Accepted" }], [2, "m", "StatusNotification", {}]);
  await until("what follows", () => csms.heard.some((frame) => frame.includes('"m"')));
  expect(csms.heard.filter((frame) => frame.startsWith("[3"))).toEqual([]);
});

test("A CALL that Kerbside went on from before the CSMS was there comes to it before the later one", async () => {
  const { link, csms, stands } = await between();
  const event = [2, "event", "StatusNotification", {}];
  link.server.on("connection", () => link.send(event));
  stands();
  link.send(event, [2, "question", "Authorize", {}]);
  await until("what comes first", () => csms.heard.length > 0);
  expect(csms.heard[0]).toContain('"event"');
  expect(link.sockets).toHaveLength(2);
});

test("An event that Kerbside tells once more does not hide another one that the CSMS may never have read", () => {
  const unanswered = new Unanswered();
  const [one, two] = ["one", "two"].map((messageId) => ({ messageId, action: "", frame: messageId, at: 0 })) as [
    OpenCall,
    OpenCall,
  ];
  for (const call of [one, one, two, one]) unanswered.said(call);
  expect(unanswered.isOvertaken).toBe(true);
  unanswered.answered("one");
  unanswered.said(two);
  expect(unanswered.isOvertaken).toBe(false);
});

test("CALLs that are never answered are not kept for ever", async () => {
  const { link, csms, stands } = await between();
  stands();
  await until("its socket", () => csms.newest !== undefined);
  for (let number = 0; number < 500; number++) csms.send([2, `c${number}`, "ClearCache", {}]);
  await until("all of them", () => link.heard.length === 500);
  link.send(...[0, 435, 436, 499].map((number) => [3, `c${number}`, { status: "Accepted" }]));
  await until("the newest one's answer", () => csms.heard.includes('[3,"c499",{"status":"Accepted"}]'));
  expect(csms.heard.map((frame) => frame.slice(3, 9))).toEqual(['"c436"', '"c499"']);
});

test("A link that is lost for a moment leaves the CSMS its socket, and what it asks meanwhile is passed on", async () => {
  const { link, csms, bridge, stands } = await between();
  stands();
  await until("its socket", () => csms.newest !== undefined);
  link.newest?.terminate();
  await until("its end", () => !bridge.isLinked);
  csms.send([2, "meanwhile", "ClearCache", {}]);
  await until("another link", () => link.sockets.length === 2 && link.newest !== undefined);
  stands();
  await until("the CALL", () => link.heard.includes('[2,"meanwhile","ClearCache",{}]'));
  link.send([3, "meanwhile", { status: "Accepted" }]);
  await until("its answer", () => csms.heard.includes('[3,"meanwhile",{"status":"Accepted"}]'));
  expect(csms.sockets).toHaveLength(1);
});

test("Behind a lost link no answer that the CSMS owes comes to another CALL under its id", async () => {
  const { link, csms, stands } = await between();
  stands();
  await until("its socket", () => csms.newest !== undefined);
  link.send([2, "1", "Authorize", { idTag: "A" }]);
  await until("the question", () => csms.heard.length === 1);
  const [first] = csms.sockets;
  link.newest?.terminate();
  await until("another link", () => link.sockets.length === 2 && link.newest !== undefined);
  stands();
  link.send([2, "1", "Authorize", { idTag: "B" }]);
  first?.send('[3,"1",{"idTagInfo":{"status":"Blocked"}}]');
  await until("the other question on another socket", () => csms.sockets.length === 2 && csms.heard.length === 2);
  csms.send([3, "1", { idTagInfo: { status: "Accepted" } }]);
  await until("its answer", () => link.heard.length === 1);
  expect(link.heard[0]).toContain("Accepted");
});

test.each([
  ["the station is offline", 1006, (stands: () => void) => stands()],
  ["another bridge has its link", 1008, () => {}],
])("A CSMS's socket does not outlive a lost link where %s", async (_, code, then) => {
  const { link, csms, stands } = await between();
  stands();
  await until("its socket", () => csms.newest !== undefined);
  const lost = link.newest;
  if (code === 1008) lost?.close(code, "superseded");
  else {
    lost?.terminate();
    await until("another link", () => link.sockets.length === 2 && link.newest !== undefined);
  }
  then(() => stands("ocpp1.6", false));
  await until("its end", () => csms.newest === undefined);
});

test("Two bridges for one station do not take its link from each other at once, and both say so", async () => {
  const { link, logged, stands } = await between();
  const timers = vi.spyOn(globalThis, "setTimeout");
  ends.push(() => timers.mockRestore());
  stands();
  link.newest?.close(1008, "superseded");
  await until("the line", () => logged.length > 0);
  expect(logged[0]).toEqual([
    "warn",
    "the link closed: another bridge or CSMS has taken it over",
    { stationId: "S", code: 1008, reason: "superseded" },
  ]);
  await until("its wait", () => timers.mock.calls.some(([, ms]) => ms === 16_000));
});

test("Whoever looks after a CSMS is told that it takes no socket, sends binary frames, or frames without an id", async () => {
  const mirrored = new Side();
  mirrored.server.options.handleProtocols = () => false;
  const { link, csms, counts, logged, stands } = await between(mirrored);
  csms.server.options.handleProtocols = () => "ocpp9.9";
  stands();
  await until("the line", () => logged.length > 0);
  expect(logged[0]).toEqual([
    "warn",
    "the CSMS's socket could not be opened",
    { stationId: "S", code: 1006, reason: "Server sent an invalid subprotocol" },
  ]);
  csms.server.options.handleProtocols = (offered) => [...offered][0] ?? false;
  // The one that was refused may still be open on this side.
  const taken = await until("its socket", () => (csms.newest?.protocol === "ocpp1.6" ? csms.newest : null));
  for (let number = 0; number < 2; number++) taken.send(Buffer.from('[2,"b","ClearCache",{}]'));
  csms.send("{");
  await until("what is passed on", () => link.heard.length > 0);
  expect(link.heard).toEqual(["{"]);
  expect(logged.filter(([, message]) => message.includes("binary"))).toHaveLength(1);
  link.send([4, "-1", "RpcFrameworkError", "not JSON", {}]);
  await until("what is said of it", () => csms.heard.length > 0);
  expect(csms.heard).toEqual(['[4,"-1","RpcFrameworkError","not JSON",{}]']);
  await until("the mirror's line", () => logged.some(([, message]) => message.includes("mirror")));
  expect(logged.find(([, message]) => message.includes("mirror"))).toEqual([
    "warn",
    "the mirror's socket could not be opened",
    { code: 1006, reason: "Server sent no subprotocol" },
  ]);
  expect(counts.text({ stations: 1, linked: 1, csms: {} })).toMatch(/closed_total\{side="mirror",status="closed"\} 1/);
});

test("A CSMS that does not close its socket when the station goes holds up the next one for no more than 2 s", async () => {
  const { csms, stands } = await between();
  stands();
  const hung = await until("its socket", () => csms.newest);
  hung.pause();
  const timers = vi.spyOn(globalThis, "setTimeout");
  ends.push(() => timers.mockRestore());
  stands("ocpp1.6", false);
  const waits = await until("its end", () => timers.mock.calls.find(([, ms]) => ms === 2_000));
  stands();
  waits[0]();
  await until("the next one", () => csms.sockets.length === 2);
});

test("A CSMS that floods the link, or sends what is no frame, is told of in a line, and hears why its socket closes", async () => {
  const { link, csms, logged, stands } = await between();
  stands();
  const first = await until("its socket", () => csms.newest);
  const closed = once(first, "close");
  link.newest?.close(1008, "too many messages");
  expect(String((await closed)[1])).toBe("too many messages");
  await until("another link", () => link.sockets.length === 2 && link.newest !== undefined);
  stands();
  await until("another socket", () => csms.sockets.length === 2 && csms.newest !== undefined);
  // A frame of the reserved kind 3.
  // biome-ignore lint/suspicious/noExplicitAny: there is no other way to send one
  (csms.newest as any)._socket.write(Buffer.from([0x83, 0]));
  await until("the line", () => logged.some(([, , { reason }]) => String(reason).includes("opcode")));
  expect(logged.filter(([level]) => level === "warn").map(([, , { reason }]) => reason)).toEqual([
    "too many messages",
    expect.stringContaining("opcode"),
  ]);
});

test("A host that is not there has a reason also where its name has several addresses", async () => {
  const addresses = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
  const lookup: LookupFunction = (_, __, found) => found(null, addresses);
  const socket = new Client("ws://csms.example:1", { lookup });
  const { reason } = await new Promise<SocketEnd>((resolve) => onEnd(socket, resolve));
  expect(reason).toContain("ECONNREFUSED");
});

test("What the station says waits while a Heartbeat is not answered, and an answer of it does not", async () => {
  const { link, csms, stands } = await between();
  stands();
  link.send([2, "boot", "BootNotification", {}]);
  await until("the boot", () => csms.heard.length === 1);
  csms.send([3, "boot", { status: "Accepted", interval: 1, currentTime: "2026-11-28T12:00:00Z" }]);
  await until("a Heartbeat", () => csms.heard.length === 2, 5_000);
  link.send([2, "behind", "StatusNotification", {}]);
  csms.send([2, "asked", "ClearCache", {}]);
  await until("what it asks", () => link.heard.some((frame) => frame.includes('"asked"')));
  link.send([3, "asked", { status: "Accepted" }]);
  await until("the answer, which waits for nothing", () => csms.heard.length === 3);
  expect(csms.heard[2]).toContain('"asked"');
  csms.send([3, JSON.parse(csms.heard[1] as string)[1], { currentTime: "2026-11-28T12:00:00Z" }]);
  await until("what waited", () => csms.heard.length === 4);
  expect(csms.heard[3]).toContain('"behind"');
});

test("A CALL on which the CSMS's socket breaks each time holds up none behind it, and comes again once that is answered", async () => {
  const { link, csms, stands } = await between();
  csms.server.on("connection", (socket) =>
    socket.on("message", (data) => {
      if (String(data).includes('"poison"')) socket.terminate();
    }),
  );
  stands();
  link.send([2, "poison", "StatusNotification", {}]);
  await until("a socket behind the third", () => csms.sockets.length === 4 && csms.newest !== undefined);
  link.send([2, "behind", "StatusNotification", {}]);
  await until("what is behind it", () => csms.heard.length === 4);
  expect(csms.heard.map((frame) => JSON.parse(frame)[1])).toEqual(["poison", "poison", "poison", "behind"]);
  expect(link.sockets).toHaveLength(1);
  csms.send([3, "behind", {}]);
  await until("its answer", () => link.heard.length === 1);
  link.send([2, "poison", "StatusNotification", {}]);
  await until("it once more", () => csms.heard.length === 5);
});

test("A mirror that is gone is dialled again while the station is online, ever more rarely, and then no more", async () => {
  const mirrored = new Side();
  const { link, csms, stands } = await between(mirrored);
  mirrored.server.on("connection", (socket) => socket.close(1011));
  const timers = vi.spyOn(globalThis, "setTimeout");
  ends.push(() => timers.mockRestore());
  stands();
  await until("the third", () => mirrored.sockets.length === 3);
  expect(csms.newest).toBeDefined();
  const waits = () => timers.mock.calls.flatMap(([, ms]) => ([250, 500, 1_000].includes(ms ?? 0) ? [ms] : []));
  await until("the wait after it", () => waits().length === 3);
  expect(waits()).toEqual([250, 500, 1_000]);
  link.send({ station: { online: false, protocol: null, securityProfile: null, since: null, boot: null } });
  await until("the end of it", () => csms.newest === undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(mirrored.sockets).toHaveLength(3);
});

test("A mirror that calls and does not read is closed, before what waits for it fills the memory", async () => {
  const socket = Object.assign(new EventEmitter(), {
    ...{ readyState: Client.OPEN, bufferedAmount: 0, terminated: 0 },
    send: () => {
      socket.bufferedAmount += 400_000;
    },
    terminate: () => {
      socket.terminated++;
    },
  });
  const mirror = new Mirror({
    open: () => socket as unknown as Client,
    turn: async () => true,
    ...{ counts: new BridgeCounts(), log: () => {}, random: () => 0 },
  });
  mirror.opened("ocpp1.6");
  for (let number = 0; number < 3; number++) socket.emit("message", `[2,"${number}","Reset",{}]`);
  expect(socket.terminated).toBe(1);
});

test("A CSMS that takes a socket and drops it at once is asked ever more rarely, whatever the station says", async () => {
  const { link, csms, stands } = await between();
  csms.server.on("connection", (socket) => socket.close(1008));
  const timers = vi.spyOn(globalThis, "setTimeout");
  ends.push(() => timers.mockRestore());
  stands();
  for (let number = 1; number <= 3; number++) {
    await until("the next", () => csms.sockets.length === number && csms.newest === undefined);
    link.send([2, `m${number}`, "StatusNotification", {}]);
  }
  await until("the wait after the third", () => timers.mock.calls.some(([, ms]) => ms === 1_000));
  expect(timers.mock.calls.flatMap(([, ms]) => ([250, 500, 1_000].includes(ms ?? 0) ? [ms] : []))).toEqual([
    250, 500, 1_000,
  ]);
});

test("A mirror hears the first words too, while its socket is still opening, and Heartbeats", async () => {
  const mirrored = new Side();
  const { link, csms, stands } = await between(mirrored);
  stands();
  link.send([2, "boot", "BootNotification", {}]);
  await until("the boot", () => csms.heard.length === 1);
  await until("it at the mirror", () => mirrored.heard.includes('[2,"boot","BootNotification",{}]'));
  csms.send([3, "boot", { status: "Accepted", interval: 1, currentTime: "2026-11-28T12:00:00Z" }]);
  await until("a Heartbeat", () => mirrored.heard.some((frame) => frame.includes('"Heartbeat"')), 5_000);
});

test("A station that the CSMS has not accepted has no Heartbeats", () => {
  const heartbeats = new Heartbeats(() => {});
  heartbeats.resume(null);
  expect(heartbeats.isBeating).toBe(true);
  heartbeats.booted('[3,"m",{"status":"Pending","interval":1}]');
  expect(heartbeats.isBeating).toBe(false);
  heartbeats.booted('[3,"m",{"status":"Accepted","interval":60}]');
  expect(heartbeats.isBeating).toBe(true);
  heartbeats.resume({ status: "Pending", intervalSeconds: 60 });
  expect(heartbeats.isBeating).toBe(false);
});

test("A CSMS that asks the station for a Heartbeat has one behind the answer", async () => {
  const { link, csms, stands } = await between();
  stands();
  await until("its socket", () => csms.newest !== undefined);
  csms.send([2, "no", "TriggerMessage", { requestedMessage: "StatusNotification" }]);
  csms.send([2, "yes", "TriggerMessage", { requestedMessage: "Heartbeat" }]);
  await until("the CALLs", () => link.heard.length === 2);
  link.send([3, "no", { status: "Accepted" }], [3, "yes", { status: "Accepted" }]);
  await until("it", () => csms.heard.length === 3);
  expect(csms.heard.map((frame) => JSON.parse(frame)[2])).toEqual([
    { status: "Accepted" },
    { status: "Accepted" },
    "Heartbeat",
  ]);
});

test("A CSMS that sets another interval has the station's Heartbeats at that one", () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  ends.push(() => timers.mockRestore());
  const heartbeats = new Heartbeats(() => {});
  const waits = () => timers.mock.calls.map(([, ms]) => ms);
  heartbeats.booted('[3,"m",{"status":"Accepted","interval":300}]');
  const boot = { at: "2026-11-28T12:00:00Z", status: "Accepted" };
  // The registration's ceiling is none of the CSMS's.
  heartbeats.stands({ ...boot, intervalSeconds: 90 });
  heartbeats.resume({ ...boot, intervalSeconds: 90 });
  heartbeats.stands({ ...boot, intervalSeconds: 20 });
  heartbeats.stands({ ...boot, intervalSeconds: 20 });
  heartbeats.booted('[3,"m",{"status":"Accepted","interval":300}]');
  expect(waits()).toEqual([300_000, 300_000, 20_000, 300_000]);
  heartbeats.stop();
});

test("A bridge that finds a station online makes its Heartbeats at the interval of its boot before", async () => {
  const { link, csms } = await between();
  const boot = { status: "Accepted", at: "2026-11-28T12:00:00Z", intervalSeconds: 1 };
  link.send({ station: { online: true, protocol: "ocpp1.6", securityProfile: 0, since: boot.at, boot } });
  // Also behind a CALL that it ignores.
  link.send([2, "ignored", "StatusNotification", {}]);
  await until("it", () => csms.heard.some((frame) => frame.includes('"ignored"')));
  const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 61_000);
  ends.push(() => clock.mockRestore());
  await until("a Heartbeat", () => csms.heard.some((frame) => frame.includes('"Heartbeat"')), 5_000);
});

test("A socket whose other side is there no more is found, unless that never answers a ping", async () => {
  const serverOf = async (autoPong: boolean) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong });
    ends.push(() => server.close());
    await once(server, "listening");
    const socket = new Client(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    keepAlive(socket, 20);
    ends.push(() => socket.terminate());
    return { server, socket };
  };
  const [quick, mute] = [await serverOf(true), await serverOf(false)];
  let pings = 0;
  mute.server.on("connection", (socket) => socket.on("ping", () => pings++));
  await until("some pings", () => pings > 5);
  expect([quick.socket.readyState, mute.socket.readyState]).toEqual([Client.OPEN, Client.OPEN]);
  for (const socket of quick.server.clients) socket.pause();
  await until("its end", () => quick.socket.readyState === Client.CLOSED);
  expect(mute.socket.readyState).toBe(Client.OPEN);
  for (const { clients } of [quick.server, mute.server]) for (const socket of clients) socket.terminate();
});

test("Both sockets of a station are looked after", async () => {
  const timers = vi.spyOn(globalThis, "setInterval");
  ends.push(() => timers.mockRestore());
  const { csms, bridge, stands } = await between();
  stands();
  await until("both", () => csms.newest !== undefined && bridge.csmsState === "open");
  expect(timers.mock.calls.filter(([, ms]) => ms === 45_000)).toHaveLength(2);
});

/** At a Kerbside that answers like that. */
async function bridgeAt(answer: (path: string) => [status: number, body: object]) {
  const server = http.createServer(({ url = "" }, response) => {
    const [status, body] = answer(new URL(url, "http://k").pathname);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const addresses = ["--api", `http://127.0.0.1:${port}`, "--csms", "ws://127.0.0.1:1"];
  const parsed = parseArguments([...addresses, "--key-file", "none"]);
  if (!parsed.ok || parsed.value === "help") throw new Error("the arguments are wrong");
  return new Bridge(
    parsed.value,
    { apiKey: "key", passwordOf: () => null, mirrorPasswordOf: () => null, tls: {} },
    () => {},
  );
}

test("A bridge that begins while Kerbside is away finds its stations soon after that is back", async () => {
  let looks = 0;
  const bridge = await bridgeAt(() => [++looks === 1 ? 503 : 200, { stations: [], cursor: null }]);
  await bridge.start();
  await until("another look", () => looks >= 2);
  await bridge.stop();
});

test("A bridge whose key opens no link says so at its start", async () => {
  const key = { name: "reader", kind: "key", scopes: ["stations:read"], stations: null };
  const bridge = await bridgeAt((path) => [200, path === "/v1/key" ? key : { stations: [], cursor: null }]);
  await expect(bridge.start()).rejects.toThrow("the key reader has no scope csms:connect");
  await bridge.stop();
});
