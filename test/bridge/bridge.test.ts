import { type ChildProcess, spawn } from "node:child_process";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RPCClient, RPCServer } from "ocpp-rpc";
import { WebSocketServer, type WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCEPTED, FOREIGN, ForeignPeer, foreignServer, PROTOCOLS } from "../support/foreign-csms.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";
import { certificateOf } from "../support/transports.ts";

// biome-ignore lint/suspicious/noExplicitAny: it is what the test is to find out
type Frame = any;

const SCRIPT = join(import.meta.dirname, "../../src/bridge/main.ts");
const NODE = join(import.meta.dirname, "../../node_modules/.bin/node");

/** A CSMS at its own door, as most are: one WebSocket a station, frames kept as they come and go. */
class Csms {
  readonly server: WebSocketServer;
  readonly heard = new Map<string, Frame[]>();
  readonly requests: { id: string; headers: Record<string, unknown>; protocol: string }[] = [];
  readonly sockets = new Map<string, WebSocket>();
  refuses = new Set<string>();
  answer: (action: string, payload: Frame) => unknown = (action) => {
    if (action === "BootNotification")
      return { status: "Accepted", currentTime: "2026-11-28T12:00:00.000Z", interval: 1 };
    if (action === "StartTransaction") return { transactionId: 41, idTagInfo: { status: "Accepted" } };
    if (action === "Authorize") return { idTagInfo: { status: "Accepted" } };
    if (action === "DataTransfer") return { status: "Accepted" };
    return action === "Heartbeat" ? { currentTime: "2026-11-28T12:00:00.000Z" } : {};
  };

  constructor(port = 0) {
    this.server = new WebSocketServer({
      port,
      host: "127.0.0.1",
      handleProtocols: (offered) => [...offered][0] ?? false,
      verifyClient: ({ req }: { req: IncomingMessage }) => !this.refuses.has(idOf(req.url)),
    });
    this.server.on("connection", (socket, request) => {
      const id = idOf(request.url);
      this.requests.push({ id, headers: request.headers, protocol: socket.protocol });
      this.sockets.set(id, socket);
      socket.on("message", (data) => this.#said(id, socket, JSON.parse(String(data))));
      socket.on("close", () => {
        if (this.sockets.get(id) === socket) this.sockets.delete(id);
      });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as { port: number }).port}/ocpp`;
  }

  #said(id: string, socket: WebSocket, frame: Frame): void {
    this.heard.set(id, [...(this.heard.get(id) ?? []), frame]);
    const [type, messageId, action, payload] = frame;
    const answer = type === 2 ? this.answer(action, payload) : undefined;
    if (answer !== undefined) socket.send(JSON.stringify([3, messageId, answer]));
  }

  frames(id: string): Frame[] {
    return (this.heard.get(id) ?? []).filter(([, messageId]) => !String(messageId).startsWith("bridge-heartbeat-"));
  }

  send(id: string, frame: unknown): void {
    this.sockets.get(id)?.send(JSON.stringify(frame));
  }

  stop(): void {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }
}

const idOf = (url = "") => decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));

class BridgeProcess {
  readonly child: ChildProcess;
  readonly lines: Frame[] = [];
  errors = "";

  constructor(args: string[]) {
    this.child = spawn(NODE, [SCRIPT, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (text) =>
      this.lines.push(JSON.parse(text)),
    );
    this.child.stderr?.on("data", (text) => {
      this.errors += text;
    });
  }

  async ready(): Promise<string> {
    const line = await until("the bridge", () => this.lines.find(({ message }) => message === "ready"), 30_000);
    return line.metrics;
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    this.child.kill("SIGTERM");
    return (await once(this.child, "exit"))[0];
  }
}

let kerbside: Kerbside;
let csms: Csms;
let bridge: BridgeProcess;
let metrics: string;
const folder = temporaryFolder();
const keyFile = join(folder.dir, "key");
/** Of the stations with the label alone: a bridge takes over the links of another. */
const only = (label: string) => ["--label", `only=${label}`];
const common = () => ["--api", kerbside.edge.httpUrl, "--key-file", keyFile, "--csms", csms.url, "--port", "0"];
beforeAll(async () => {
  kerbside = await startKerbside({ CSMS_TIMEOUT_MS: "5000" });
  writeFileSync(keyFile, `${kerbside.edge.apiKey}\n`);
  csms = new Csms();
  const foreign = FOREIGN.map((kind): [string, string[]] => [
    kind,
    PROTOCOLS.map((protocol) => new ForeignPeer(kind, protocol).id),
  ]);
  const fleets = { main: ["B1", "B2", "B3", "B4"], tls: ["TLS1"], ...Object.fromEntries(foreign) };
  const ids = Object.entries(fleets).flatMap(([label, names]) => names.map((id) => [id, label] as const));
  for (const [id, label] of ids) {
    await kerbside.register(id, { securityProfile: 0, csms: "link", labels: { only: label } });
  }
  // A bridge that starts sooner finds them half a minute later.
  await until(
    "the directory",
    async () => (await kerbside.api("GET", "/v1/stations")).body.stations.length === ids.length,
  );
  const passwords = join(folder.dir, "passwords");
  writeFileSync(passwords, "{stationId}:secret-of-{stationId}\n");
  bridge = new BridgeProcess([...common(), ...only("main"), "--csms-user-password-file", passwords]);
  metrics = await bridge.ready();
});
afterAll(async () => {
  await bridge?.stop();
  csms?.stop();
  await kerbside?.stop();
  folder.remove();
});

const connect = (id: string) => kerbside.station(id, { register: false });
/** A session of every kind of message, the same whoever is on the other side. */
async function session(station: TestStation, command: (frame: unknown) => void): Promise<void> {
  const at = "2026-11-28T12:00:00Z";
  await station.call("BootNotification", BOOT_16, "m1");
  await station.call("StatusNotification", STATUS_16, "m2");
  await station.call("Authorize", { idTag: "A" }, "m3");
  await station.call("StartTransaction", { connectorId: 1, idTag: "A", meterStart: 0, timestamp: at }, "m4");
  await station.call(
    "MeterValues",
    { connectorId: 1, transactionId: 41, meterValue: [{ timestamp: at, sampledValue: [{ value: "1" }] }] },
    "m5",
  );
  command([2, "c1", "RemoteStopTransaction", { transactionId: 41 }]);
  const [, messageId] = await station.next();
  station.send([3, messageId, { status: "Accepted" }]);
  await station.call("StopTransaction", { transactionId: 41, meterStop: 9, timestamp: at }, "m6");
  await station.call("DataTransfer", { vendorId: "v", data: "x" }, "m7");
}

describe("A bridge", () => {
  test("carries a station's session as if it were connected to the CSMS itself, frame for frame", async () => {
    const direct = await TestStation.connect({ url: `${csms.url}/DIRECT` });
    await session(direct, (frame) => csms.send("DIRECT", frame));
    const station = await connect("B1");
    await until("its socket at the CSMS", () => csms.sockets.has("B1"));
    await session(station, (frame) => csms.send("B1", frame));
    await until("all of it", () => csms.frames("B1").length >= csms.frames("DIRECT").length);
    const calls = (id: string) => csms.frames(id).filter(([type]: Frame) => type === 2);
    expect(calls("B1")).toEqual(calls("DIRECT"));
    const answers = (id: string) => csms.frames(id).filter(([type]: Frame) => type !== 2);
    expect(answers("B1")).toEqual(answers("DIRECT"));
    const said = (from: TestStation) =>
      from.frames.map(([type, id, ...rest]: Frame) => (type === 2 ? [type, ...rest] : [type, id, ...rest]));
    expect(said(station)).toEqual(said(direct));
    await until("a heartbeat", () =>
      csms.heard.get("B1")?.some(([, id, action]: Frame) => action === "Heartbeat" && id.startsWith("bridge-")),
    );
    const { headers, protocol } = csms.requests.find(({ id }) => id === "B1") as (typeof csms.requests)[number];
    expect(protocol).toBe("ocpp1.6");
    expect(headers.authorization).toBe(`Basic ${Buffer.from("B1:secret-of-B1").toString("base64")}`);
    expect(headers["x-forwarded-proto"]).toBe("ws");
    expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
  });

  test("shows the CSMS when a station comes and goes, and tells its figures", async () => {
    const station = await connect("B2");
    await until("its socket", () => csms.sockets.has("B2"));
    const text = await (await fetch(metrics)).text();
    expect(text).toMatch(/^kerbside_bridge_links 4$/m);
    expect(text).toMatch(/^kerbside_bridge_csms_sockets\{state="open"\} [12]$/m);
    station.kill();
    await until("its end", () => !csms.sockets.has("B2"));
  });

  test("gives a CSMS that comes back what it had not answered, and one that refuses a station holds up no other", async () => {
    csms.refuses.add("B3");
    const refused = await connect("B3");
    const other = await connect("B4");
    await until("the other", () => csms.sockets.has("B4"));
    const { answer } = csms;
    csms.answer = () => undefined;
    other.send([2, "held", "Authorize", { idTag: "A" }]);
    await until("the question", () => csms.frames("B4").some(([, id]: Frame) => id === "held"));
    csms.sockets.get("B4")?.terminate();
    csms.answer = answer;
    expect(await other.next()).toEqual([3, "held", { idTagInfo: { status: "Accepted" } }]);
    expect(await (await fetch(metrics)).text()).toMatch(/closed_total\{side="csms",status="401"\} [1-9]/);
    csms.refuses.delete("B3");
    await until("the refused one", () => csms.sockets.has("B3"), 20_000);
    refused.kill();
  });

  test("ends at SIGTERM once what is open is answered, and its successor goes on", async () => {
    const station = await connect("B2");
    await until("its socket", () => csms.sockets.has("B2"));
    csms.send("B2", [2, "last", "ClearCache", {}]);
    const [, messageId] = await station.next();
    const ended = bridge.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    station.send([3, messageId, { status: "Accepted" }]);
    expect(await ended).toBe(0);
    expect(csms.frames("B2")).toContainEqual([3, "last", { status: "Accepted" }]);
    await station.call("StatusNotification", STATUS_16, "between");
    const passwords = join(folder.dir, "mirror-passwords");
    writeFileSync(passwords, "{stationId}:at-the-mirror\n");
    const mirror = ["--mirror", csms.url.replace(/ocpp$/, "mirror"), "--mirror-user-password-file", passwords];
    bridge = new BridgeProcess([...common(), ...only("main"), ...mirror]);
    metrics = await bridge.ready();
    await until("what came between", () => csms.frames("B2").some(([, id]: Frame) => id === "between"));
    await station.call("StatusNotification", { ...STATUS_16, connectorId: 2 }, "mirrored");
    await until("agreement", async () =>
      /mirror_answers_total\{verdict="same"\} [1-9]/.test(await (await fetch(metrics)).text()),
    );
    const shown = csms.requests.filter(({ id }) => id === "B2").slice(-2);
    const basic = `Basic ${Buffer.from("B2:at-the-mirror").toString("base64")}`;
    // The first one is given none here.
    expect(shown.map(({ headers }) => headers.authorization)).toEqual([undefined, basic]);
  });

  test.each([
    [["--api", "x"], 2, /--api must be a URL/],
    [["--csms", "http://x"], 2, /missing|must be a URL/],
    [
      ["--api", "http://127.0.0.1:1", "--key-file", "/nowhere", "--csms", "ws://127.0.0.1:1"],
      1,
      /--key-file \/nowhere cannot be read/,
    ],
  ])("says in a sentence what is wrong with %j", async (args, code, sentence) => {
    const odd = new BridgeProcess(args);
    const [exitCode] = await once(odd.child, "exit");
    expect([exitCode, odd.errors]).toEqual([code, expect.stringMatching(sentence)]);
  });

  test("with a key that is none says so, and ends", async () => {
    const wrong = join(folder.dir, "wrong");
    writeFileSync(wrong, "nobody's");
    const odd = new BridgeProcess(common().with(3, wrong));
    const [exitCode] = await once(odd.child, "exit");
    expect([exitCode, odd.errors]).toEqual([1, expect.stringContaining("the key is not one of this Kerbside's")]);
  });

  test("reaches a CSMS over TLS that asks for a client certificate, and is refused without one", async () => {
    const { pki } = kerbside.edge;
    const { cert, key } = await certificateOf(kerbside, "BRIDGE");
    const [certFile, keyOfCert, ca] = ["cert.pem", "key.pem", "ca.pem"].map((name) => join(folder.dir, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(certFile, cert);
    writeFileSync(keyOfCert, key);
    writeFileSync(ca, pki.rootPem);
    const server = https.createServer({
      ...{ cert: pki.server.ecdsa, key: pki.server.ecdsa },
      ca: pki.rootPem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const rpc = new (RPCServer as Frame)({ protocols: PROTOCOLS, strictMode: false });
    const subjects: string[] = [];
    rpc.auth((accept: () => void, _reject: unknown, { request }: { request: IncomingMessage }) => {
      subjects.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
      accept();
    });
    rpc.on("client", (client: Frame) => client.handle(() => ({ idTagInfo: { status: "Blocked" } })));
    server.on("upgrade", rpc.handleUpgrade);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const args = common().with(5, `wss://localhost:${port}/ocpp`);
    const proven = new BridgeProcess([
      ...args,
      ...only("tls"),
      "--csms-ca",
      ca,
      "--csms-cert",
      certFile,
      "--csms-key",
      keyOfCert,
    ]);
    await proven.ready();
    const station = await connect("TLS1");
    await until("its socket at the CSMS", () => subjects.length > 0);
    expect((await station.call("Authorize", { idTag: "A" }))[2]).toEqual({ idTagInfo: { status: "Blocked" } });
    expect(subjects).toEqual(["BRIDGE"]);
    await proven.stop();
    const bare = new BridgeProcess([...args, ...only("tls"), "--csms-ca", ca]);
    const figures = await bare.ready();
    await until("its refusal", async () =>
      /closed_total\{side="csms",status="closed"\} [1-9]/.test(await (await fetch(figures)).text()),
    );
    expect(subjects).toHaveLength(1);
    await bare.stop();
    await rpc.close({ force: true });
    server.close();
  });

  test.each(FOREIGN)(
    "carries foreign stations of every version to the server of %s, and its commands back, while the objects sleep between the words",
    async (kind) => {
      const peers = PROTOCOLS.map((protocol) => new ForeignPeer(kind, protocol));
      const server = await foreignServer(kind, peers);
      const own = new BridgeProcess([...common().with(5, server.url), ...only(kind)]);
      const figures = await own.ready();
      // Before its link a station's boot is answered Pending.
      await until("the links", async () => /^kerbside_bridge_links 3$/m.test(await (await fetch(figures)).text()));
      await Promise.all(
        peers.map(async ({ id, protocol, boot, reset, authorize, question, command }) => {
          const endpoint = `ws://localhost:${kerbside.edge.port}/ocpp`;
          const station = new (RPCClient as Frame)({ endpoint, identity: id, protocols: [protocol], reconnect: false });
          station.handle(async ({ method, params }: { method: string; params: unknown }) => {
            await command.hold([method, params]);
            return ACCEPTED;
          });
          await station.connect();
          expect((await station.call("BootNotification", boot)).status).toBe("Accepted");
          const answered = server.command(id, "Reset", reset);
          await command.held;
          await kerbside.edge.evict(id);
          command.release();
          expect([await answered, command.heard]).toEqual([ACCEPTED, [["Reset", reset]]]);
          const authorized = station.call("Authorize", authorize);
          await question.held;
          await kerbside.edge.evict(id);
          question.release();
          expect(await authorized).toEqual(
            protocol === "ocpp1.6" ? { idTagInfo: ACCEPTED } : { idTokenInfo: ACCEPTED },
          );
          expect(question.heard).toEqual([["Authorize", authorize]]);
          await station.close();
        }),
      );
      await own.stop();
      await server.stop();
    },
  );
});
