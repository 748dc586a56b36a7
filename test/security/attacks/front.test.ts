import { once } from "node:events";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Edge } from "../../../src/local/edge.ts";
import { startBareEdge } from "../../support/bare-edge.ts";
import { ask, askRaw, connect, nextMessage } from "../../support/edge-client.ts";

let edge: Edge;
let ca: string;

beforeAll(async () => {
  const bare = await startBareEdge();
  ({ edge, ca } = bare);
  return bare.stop;
});

const PORTS = ["port", "tlsPort", "mtlsPort"] as const;

function open(port: (typeof PORTS)[number]): net.Socket {
  const to = { port: edge[port], host: "127.0.0.1" };
  return port === "port" ? net.connect(to) : tls.connect({ ...to, servername: "localhost", ca });
}

/** Sends it all at once and gives back what is answered until the other side closes, or says nothing for a while. */
async function attack(port: (typeof PORTS)[number], text: string): Promise<string> {
  const socket = open(port).on("error", () => {});
  socket.setTimeout(700, () => socket.destroy());
  socket.write(text);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  await once(socket, "close");
  return answer;
}

const lines = (...text: string[]) => `${text.join("\r\n")}\r\n\r\n`;
const UPGRADE = [
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol: ocpp1.6",
];
const PROPER_HEAD = ["GET /ocpp/CS1 HTTP/1.1", "Host: a", "Connection: Upgrade"];
const PROPER = lines(...PROPER_HEAD, ...UPGRADE);
const GET = lines("GET /healthz HTTP/1.1", "Host: a");
const BARE = lines("GET /ocpp/CS1 HTTP/1.1", "Host: a", ...UPGRADE);

describe.each(PORTS)("One connection to %s does not end the others:", (port) => {
  test.each<[string, string, RegExp]>([
    ["an upgrade without Connection behind a request", GET + BARE, /^HTTP\/1.1 200 .*HTTP\/1.1 400 /s],
    ["a request behind such an upgrade", BARE + GET, /^(?:HTTP\/1.1 101 .*)?$/s],
    ["such an upgrade behind another", BARE + BARE, /^(?:HTTP\/1.1 101 .*)?$/s],
    [
      "an unknown expectation behind such an upgrade",
      BARE + lines("GET / HTTP/1.1", "Host: a", "Expect: 200-ok"),
      /^(?:HTTP\/1.1 101 (?!.*HTTP\/1.1 \d).*)?$/s,
    ],
    ["a proper one behind such an upgrade", BARE + PROPER, /^(?:HTTP\/1.1 101 (?!.*HTTP\/1.1 \d).*)?$/s],
    [
      "an upgrade behind a request",
      GET + lines("GET /ocpp/CS1 HTTP/1.1", "Host: a", "Connection: Upgrade", ...UPGRADE),
      /^HTTP/,
    ],
    [
      "an upgrade that announces a body",
      lines("GET /ocpp/CS1 HTTP/1.1", "Host: a", "Connection: Upgrade", "Content-Length: 9", ...UPGRADE),
      /^HTTP\/1.1 400 .*An upgrade has no body/s,
    ],
    [
      "an upgrade with half a chunked body",
      `${lines("GET /ocpp/CS1 HTTP/1.1", "Host: a", "Connection: Upgrade", "Transfer-Encoding: chunked", ...UPGRADE)}5\r\nab`,
      /^HTTP\/1.1 400 /,
    ],
    ["bytes that are no HTTP", "\x16\x03\x01 hello\r\n\r\n", /^HTTP\/1.1 400 .*problem\+json/s],
    [
      "a head of more than 16 KiB",
      lines("GET / HTTP/1.1", "Host: a", `X: ${"x".repeat(20_000)}`),
      /^HTTP\/1.1 431 .*problem\+json/s,
    ],
    ["an unknown expectation", lines("GET / HTTP/1.1", "Host: a", "Expect: 200-ok"), /^HTTP\/1.1 417 .*problem\+json/s],
    [
      "a method that workerd does not know",
      lines("LINK / HTTP/1.1", "Host: a"),
      /^HTTP\/1.1 501 .*problem\+json.*x-request-id: .*"\/problems\/not-implemented"/is,
    ],
    [
      "an exception of the Worker",
      lines("GET /throw HTTP/1.1", "Host: a"),
      /^HTTP\/1.1 500 .*problem\+json(?!.*secret)/s,
    ],
    [
      "an exception of the Worker at an upgrade",
      lines("GET /throw HTTP/1.1", "Host: a", "Connection: Upgrade", ...UPGRADE),
      /^HTTP\/1.1 500 .*problem\+json(?!.*secret)/s,
    ],
    ["no Host", lines("GET / HTTP/1.1"), /^HTTP\/1.1 400 .*one Host/s],
    ["two Hosts", lines("GET / HTTP/1.1", "Host: a", "Host: b"), /^HTTP\/1.1 400 .*one Host/s],
    [
      "two Hosts of an upgrade",
      lines("GET /ocpp/CS1 HTTP/1.1", "Host: a", "Host: b", "Connection: Upgrade", ...UPGRADE),
      /^HTTP\/1.1 400 /,
    ],
  ])("%s", async (_, text, answer) => {
    expect(await attack(port, text)).toMatch(answer);
    expect((await ask(`${edge.httpUrl}/healthz`)).status).toBe(200);
  });
});

test.each([
  "/v1/%73tations/X",
  "/v1/stations/../webhooks/w",
  "/v1/./stations/X",
  "/v1\\stations\\X",
  "/%6fcpp/CS1",
  "/v1/webhooks/%77",
  "/v1/stations/X/%63ommands",
])("The path %s, which two readers read differently, is no path", async (path) => {
  expect(await askRaw(edge.port, lines(`GET ${path} HTTP/1.1`, "Host: a", "Connection: close"))).toMatch(
    /^HTTP\/1.1 400 .*"type":"\/problems\/bad-request"/s,
  );
});

test.each([
  "/ocpp/RDAM%20123",
  "/ocpp//RDAM%7C123",
  "/v1/stations/RDAM%7C123/commands",
  "/v1/webhooks/a%20b",
  "/v1/webhooks/%E4",
  "/v1/stations?q=%20",
])("The path %s is one", async (path) => {
  expect(await askRaw(edge.port, lines(`GET ${path} HTTP/1.1`, "Host: a", "Connection: close"))).toMatch(
    /^HTTP\/1.1 200 /,
  );
});

test.each(["tlsPort", "mtlsPort"] as const)(
  "An upgrade on a connection to %s that the request before it has ended is nobody's, and takes no place",
  async (port) => {
    const attacker = async () => {
      const socket = open(port).on("error", () => {});
      await once(socket, "secureConnect");
      // Each is a TLS record of its own: the last one is read when the one before has ended the connection.
      for (const text of [BARE, lines("GET / HTTP/1.1", "Host: a", "Expect: x"), PROPER]) socket.write(text);
      socket.resume();
      await once(socket, "close");
    };
    const log = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
    await Promise.all(Array.from({ length: 20 }, attacker));
    const failures = log.mock.calls.map(([line]) => String(line)).filter((line) => /"error"/.test(line));
    log.mockRestore();
    expect(failures).toEqual([]);
  },
);

test.each<[string, string, RegExp]>([
  ["a method that workerd does not know", lines("M-SEARCH /healthz HTTP/1.1", "Host: a"), /^HTTP\/1.1 501 /],
  ["such a method of the whole fleet", lines("M-SEARCH /v1/webhooks/a HTTP/1.1", "Host: a"), /^HTTP\/1.1 501 /],
  [
    "an upgrade without a key",
    lines(...PROPER_HEAD, ...UPGRADE.filter((line) => !/Key/.test(line))),
    /^HTTP\/1.1 400 /,
  ],
  ["an upgrade of another version", lines(...PROPER_HEAD, ...UPGRADE).replace(": 13", ": 8"), /^HTTP\/1.1 426 /],
  ["HTTP/2.0 in words of HTTP/1.1", GET.replace("1.1", "2.0"), /^HTTP\/1.1 400 /],
  ["HTTP/0.9 in words of HTTP/1.1", PROPER.replace("1.1", "0.9"), /^HTTP\/1.1 400 /],
])("What workerd refuses before the Worker, or should, is a problem too: %s", async (_, text, status) => {
  const answer = await attack("port", text);
  expect(answer).toMatch(status);
  expect(answer).toMatch(/Content-Type: application\/problem\+json\r\n.*X-Request-Id: .*"type":"\/problems\//s);
  if (/ 426 /.test(answer)) expect(answer).toMatch(/Sec-WebSocket-Version: 13\r\n/i);
});

test("A problem ends where its length says, whatever version of HTTP was asked in", async () => {
  const answer = await attack("port", lines("GET / HTTP/1.0", "Host: a", "Host: b") + GET);
  const [, length] = /^HTTP\/1.1 400 .*?\r\nContent-Length: (\d+)\r\n/s.exec(answer) ?? [];
  const start = answer.indexOf("\r\n\r\n") + 4;
  expect(JSON.parse(answer.slice(start, start + Number(length))).status).toBe(400);
});

test("A request that waits to be continued, behind another one, is told so behind the other's answer", async () => {
  const first = lines("POST /a HTTP/1.1", "Host: a", "Content-Length: 2");
  const second = lines("POST /b HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 2");
  const answer = await attack("port", `${first}{}${second}{}`);
  expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 100", "HTTP/1.1 200"]);
  expect(await attack("port", second)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\n/);
});

test("A second handshake on a connection is refused, with whatever certificate", async () => {
  for (const port of ["tlsPort", "mtlsPort"] as const) {
    const socket = tls.connect({
      port: edge[port],
      host: "127.0.0.1",
      servername: "localhost",
      ca,
      maxVersion: "TLSv1.2",
    });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    const done = new Promise<Error | null>((resolve) => {
      if (socket.renegotiate({ rejectUnauthorized: false }, resolve) === false) resolve(new Error("not even begun"));
      socket.once("close", () => resolve(new Error("closed")));
    });
    // Where it is let through, it takes milliseconds.
    const outcome = await Promise.race([done, delay(1_500, "unanswered")]);
    socket.destroy();
    expect(outcome).not.toBeNull();
  }
});

test.each(PORTS)(
  "A body in a chunk for each byte is refused at %s, and what is left of it not read as HTTP",
  async (port) => {
    const head = lines("POST /anything HTTP/1.1", "Host: a", "Transfer-Encoding: chunked");
    for (const chunk of ["1\r\nx\r\n", `1;a=${"y".repeat(1_000)}\r\nx\r\n`]) {
      const answer = await attack(port, `${head}${chunk.repeat(3_000)}0\r\n\r\n${GET}`);
      expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
      expect(answer).toMatch(/too many small chunks/);
    }
    // So many may be of any size.
    const few = await attack(port, `${head}${"1\r\nx\r\n".repeat(1_000)}0\r\n\r\n`);
    expect(few).toMatch(/^HTTP\/1.1 200 /);
  },
);

test("A body that nobody reads is no reason for a 502", async () => {
  const body = "x".repeat(1_400_000);
  const headers = { "content-length": String(body.length) };
  const answers = await Promise.all(
    Array.from({ length: 15 }, () => ask(`${edge.httpUrl}/anything`, { method: "POST", headers }, body)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 200));
});

test("A WebSocket whose close nobody answers is ended all the same", async () => {
  const socket = net.connect(edge.port, "127.0.0.1");
  socket.write(lines("GET /ocpp/DEAF HTTP/1.1", "Host: a", "Connection: Upgrade", ...UPGRADE));
  await once(socket, "data");
  const mask = [0, 0, 0, 0];
  socket.write(Buffer.from([0x81, 0x85, ...mask, ...Buffer.from("close")]));
  socket.resume();
  const from = performance.now();
  await once(socket, "close");
  // Bounded by the test's own time; that it took some shows that the station was given the chance.
  expect(performance.now() - from).toBeGreaterThan(1_000);
}, 20_000);

test("From a station that reads nothing no more is taken than it can be answered", async () => {
  const { socket } = await connect(`${edge.httpUrl}/ocpp/UNREAD`, { perMessageDeflate: false } as object);
  const raw = (socket as unknown as { _socket: net.Socket })._socket;
  raw.pause();
  const frame = "x".repeat(500_000);
  for (let count = 0; count < 80; count++) {
    socket.send(frame);
    await delay(10);
  }
  // 40 MB were asked for; what is not taken waits on this side.
  expect(raw.writableLength).toBeGreaterThan(10_000_000);
  raw.resume();
  for (let count = 0; count < 80; count++) expect((await nextMessage(socket)).length).toBe(500_000);
  socket.terminate();
}, 20_000);
