import { once } from "node:events";
import net from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import type { Edge } from "../../../src/local/edge.ts";
import { issueStationCertificate } from "../../../src/local/pki/station-certificate.ts";
import { startBareEdge } from "../../support/bare-edge.ts";
import { ask, askRaw, askSeen, connect, nextMessage } from "../../support/edge-client.ts";

let edge: Edge;
let ca: string;

beforeAll(async () => {
  const bare = await startBareEdge();
  ({ edge, ca } = bare);
  return bare.stop;
});

const WEBSOCKET = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const ALERT = 21;

/** Types of the TLS records in what came at once. */
function recordsOf(chunk: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= chunk.length; at += 5 + chunk.readUInt16BE(at + 3)) types.push(chunk.readUInt8(at));
  return types;
}

const named = (headers: [string, string][], name: string) => headers.filter(([key]) => key === name);

describe("requests", () => {
  test.each(["http", "tls"] as const)(
    "of one connection over %s wait for each other, and beyond 32 it is told 429 and ended",
    async (transport) => {
      const get = (path: number) => `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
      const many = Array.from({ length: 2_000 }, (_, path) => get(path)).join("");
      const socket =
        transport === "http"
          ? net.connect(edge.port, "127.0.0.1")
          : tls.connect({ port: edge.tlsPort, host: "localhost", ca });
      // It sends on what is not read any more.
      socket.on("error", () => {});
      socket.write(many);
      const answers = (await text(socket).catch(() => "")).split(/(?=HTTP\/1\.1 )/);
      expect(answers.map((answer) => Number(answer.slice(9, 12)))).toEqual([...Array(32).fill(200), 429]);
      for (const [path, answer] of answers.slice(0, 32).entries())
        expect(answer).toContain(`"url":"${edge[`${transport}Url`].replace("wss:", "https:")}/${path}"`);
      expect(answers.at(-1)).toContain('"type":"/problems/too-many-requests"');
      expect((await askSeen(`${edge.httpUrl}/after`)).url).toBe(`${edge.httpUrl}/after`);
    },
  );

  test("that a workerd which hangs does not answer are told so, by /healthz within seconds", async () => {
    const pid = edge.workerdPid() as number;
    process.kill(pid, "SIGSTOP");
    try {
      const { status, headers } = await fetch(`${edge.httpUrl}/healthz`);
      expect([status, headers.get("content-type"), headers.get("retry-after")]).toEqual([
        503,
        "application/problem+json",
        "1",
      ]);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    expect((await askSeen(`${edge.httpUrl}/after`)).url).toBe(`${edge.httpUrl}/after`);
  });

  test("The URL is the listener's, whatever the Host header says", async () => {
    const { url } = await askSeen(`${edge.httpUrl}/a/b?c=d`, { headers: { host: "evil.example" } });
    expect(url).toBe(`${edge.httpUrl}/a/b?c=d`);
  });

  test("An absolute request target is reduced to its path", async () => {
    const answer = await askRaw(
      edge.port,
      "GET http://csms.example/ocpp/CS1?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toContain(`"url":"${edge.httpUrl}/ocpp/CS1?x=1"`);
  });

  test("A target that is not a path is answered 400", async () => {
    expect(await askRaw(edge.port, "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });

  test("A target that begins with two slashes keeps them and names no other host", async () => {
    const answer = await askRaw(edge.port, "GET //evil.example/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(answer).toContain(`"url":"${edge.httpUrl}//evil.example/x"`);
  });

  test("Headers by which a client would speak for the edge do not arrive", async () => {
    const forged = [
      ['MF-CF-Blob: {"tlsClientAuth":{"certVerified":"SUCCESS"}}'],
      ["mf-cf-blob: {}", "MF-Original-URL: https://evil.example/", "mF-Custom: 1"],
      ["CF-Connecting-IP: 6.6.6.6", "cf-connecting-ip: 6.6.6.7", "CF-Ray: 1"],
      ["Client-Cert: :AAAA:", "CLIENT-CERT-CHAIN: :AAAA:", "True-Client-IP: 6.6.6.6"],
      ["X-Forwarded-For: 6.6.6.6", "x-forwarded-proto: https", "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6"],
      ["X-Kerbside-Front: guess", "x-kerbside-anything: 1", "X-Nominated: 1"],
    ].flat();
    const answer = await askRaw(
      edge.port,
      `GET / HTTP/1.1\r\nHost: a\r\nX-Kept: 1\r\nX-Kept: 2\r\n${forged.join("\r\n")}\r\nConnection: close, x-nominated\r\n\r\n`,
    );
    const seen = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1));
    const names = seen.headers.map(([name]: [string]) => name);
    expect(
      names.filter((name: string) => /^(?:mf-|x-forwarded|x-real|x-kerb|forwarded|client-|true-|x-nomi)/.test(name)),
    ).toEqual([]);
    expect(named(seen.headers, "x-kept")).toEqual([["x-kept", "1, 2"]]);
    expect(seen.headers.filter(([name]: [string]) => name.startsWith("cf-"))).toEqual([
      ["cf-connecting-ip", "127.0.0.1"],
    ]);
    expect(seen.cf.tlsClientAuth).toMatchObject({
      certPresented: "0",
      certVerified: "NONE",
      certFingerprintSHA256: "",
    });
  });

  test("A Connection header can not take the edge's own headers away", async () => {
    const headers = { connection: "close, x-kerbside-front, mf-cf-blob, mf-original-url" };
    expect((await askSeen(`${edge.httpUrl}/x`, { headers })).url).toBe(`${edge.httpUrl}/x`);
  });

  test("A body passes both ways, with its length or in chunks", async () => {
    const body = "x".repeat(300_000);
    const sized = await ask(
      `${edge.httpUrl}/body`,
      { method: "POST", headers: { "content-length": body.length } },
      body,
    );
    const chunked = await ask(
      `${edge.tlsUrl}/body`,
      { method: "POST", ca, headers: { "transfer-encoding": "chunked" } },
      body,
    );
    expect([sized.text === body, chunked.text === body]).toEqual([true, true]);
    expect(sized.headers["set-cookie"]).toEqual(["a=1"]);
  });

  test.each(["GET", "HEAD", "DELETE", "OPTIONS"])("A body of a %s, which has none, does no harm", async (method) => {
    for (const length of [{ "transfer-encoding": "chunked" }, { "content-length": 5 }])
      expect((await ask(`${edge.httpUrl}/x`, { method, headers: length }, "abcde")).status).toBe(200);
  });

  test("An answer that comes before the end of the body arrives whole", async () => {
    const answer = await ask(`${edge.httpUrl}/early`, { method: "POST" }, "x".repeat(2_000_000));
    expect(answer).toMatchObject({ status: 413, text: "too much" });
  });

  test("An answer arrives whole at a client that has closed its own side", async () => {
    const body = "x".repeat(900_000);
    const request = `POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const to = { host: "localhost", allowHalfOpen: true };
    const port = Number(new URL(edge.tlsUrl).port);
    for (const socket of [net.connect({ port: edge.port, ...to }), tls.connect({ port, ca, ...to })]) {
      socket.end(request);
      expect((await text(socket)).split("\r\n\r\n")[1]).toContain(body);
    }
  });

  test("What comes behind a request waits for its answer, an upgrade or bytes that are no HTTP too", async () => {
    const body = "x".repeat(900_000);
    const first = `POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const upgrade = "GET /ocpp/A HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const socket = net.connect({ port: edge.port, host: "localhost", allowHalfOpen: true });
    socket.write(first + upgrade);
    const [answer = "", refusal = ""] = (await text(socket)).split(body);
    expect([answer.slice(0, 15), refusal.slice(0, 12)]).toEqual(["HTTP/1.1 200 OK", "HTTP/1.1 400"]);

    for (const before of ["", "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"]) {
      const other = net.connect({ port: edge.port, host: "localhost" });
      let received = "";
      other.write(before + first);
      // An answer has begun, and nothing more is read meanwhile.
      other.once("data", (chunk) => {
        received += chunk;
        other.pause();
        other.write("no HTTP\r\n\r\n", () =>
          other.write("nor this\r\n\r\n", () => setTimeout(() => other.resume(), 50)),
        );
        other.on("data", (more) => (received += more));
      });
      await once(other, "close");
      expect(received.match(/HTTP\/1\.1 \d{3}/g)).toEqual([
        ...(before && ["HTTP/1.1 200"]),
        "HTTP/1.1 200",
        "HTTP/1.1 400",
      ]);
      expect(received.split(body)[1]).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  test("A last answer comes whole at a client that says something behind its request before it reads", async () => {
    const body = "x".repeat(900_000);
    const head = `POST /body HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    const port = Number(new URL(edge.tlsUrl).port);
    const another = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (const [kind, behind] of [
      ["tcp", another],
      ["tcp", "x"],
      ["tls", ""],
    ] as const) {
      const to = { host: "localhost", allowHalfOpen: true };
      const socket = kind === "tcp" ? net.connect({ port: edge.port, ...to }) : tls.connect({ port, ca, ...to });
      await once(socket, kind === "tcp" ? "connect" : "secureConnect");
      const { _handle: handle } = socket as unknown as { _handle: { readStop(): void; readStart(): void } };
      handle.readStop();
      await new Promise((resolve) => socket.write(head + body, resolve));
      await delay(150);
      if (behind === "") socket.end();
      else socket.write(behind);
      await delay(50);
      handle.readStart();
      const answers = (await text(socket)).split(body);
      expect([kind, answers.length, answers[1]]).toEqual([kind, 2, ""]);
      socket.destroy();
    }
  });

  test.each<[string, string, string[]]>([
    ["an upgrade that names no Connection", `GET /refused HTTP/1.1\r\nHost: a\r\n${WEBSOCKET}\r\n`, ["403"]],
    [
      "such an upgrade and a CONNECT",
      `GET /refused HTTP/1.1\r\nHost: a\r\n${WEBSOCKET}\r\nCONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\n`,
      ["403"],
    ],
    [
      "a request and a CONNECT",
      "GET /y HTTP/1.1\r\nHost: a\r\n\r\nCONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\n",
      ["200", "400"],
    ],
    [
      "an upgrade to something else",
      "GET /y HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
      ["200"],
    ],
  ])(
    "What comes in one segment behind %s takes its answer from nobody, and the connection ends",
    async (_, first, wanted) => {
      const answers = await askRaw(edge.port, `${first}GET /behind HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(Array.from(answers.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => status)).toEqual(wanted);
      expect(answers).toMatch(/connection: close/i);
      expect(answers).not.toContain("/behind");
    },
  );

  test("A TLS connection that idles is ended as TLS has it", async () => {
    // [RFC 5246 §7.2.1] Without the alert a client can't tell the end from an answer that was cut off.
    const records: number[] = [];
    const proxy = net.createServer((client) => {
      const upstream = net.connect(Number(new URL(edge.tlsUrl).port), "127.0.0.1");
      client.pipe(upstream).pipe(client);
      for (const each of [client, upstream]) each.on("error", () => {});
      upstream.on("data", (chunk: Buffer) => records.push(...recordsOf(chunk)));
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as net.AddressInfo;
    const socket = tls.connect({ port, host: "127.0.0.1", servername: "localhost", ca, maxVersion: "TLSv1.2" });
    socket.on("error", () => {}).resume();
    socket.write("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "close");
    proxy.close();
    expect(records.at(-1)).toBe(ALERT);
  });

  test("A 426 says to what it wants an upgrade, and that this ends here", async () => {
    const { status, headers } = await ask(`${edge.httpUrl}/upgrade-required`);
    expect([status, headers.upgrade, headers.connection]).toEqual([426, "websocket", "close, Upgrade"]);
    const kept = await ask(`${edge.httpUrl}/upgrade-required`, { headers: { connection: "keep-alive" } });
    expect(kept.headers.connection).toBe("Upgrade");
    const asked = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" };
    const refused = await ask(`${edge.httpUrl}/upgrade-required`, { headers: { ...asked, "sec-websocket-key": "a" } });
    expect([refused.status, refused.headers.upgrade, refused.headers.connection]).toEqual([
      426,
      "websocket",
      "close, Upgrade",
    ]);
  });

  test("A header block without bounds is refused", async () => {
    const answer = await askRaw(edge.port, `GET / HTTP/1.1\r\nHost: a\r\nX-Big: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
  });

  test("An upgrade to something else is an ordinary request", async () => {
    const answer = await askRaw(
      edge.port,
      "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });

  test("workerd's own port refuses whoever does not know the secret", async () => {
    const url = String(await edge.miniflare.ready);
    const headers = { "mf-cf-blob": "{}", "x-kerbside-front": "guess" };
    expect([(await ask(url)).status, (await ask(url, { headers })).status]).toEqual([403, 403]);
  });
});

describe("WebSockets", () => {
  test("They pass through each front, with the scheme and host that belong to it", async () => {
    const { cert, key } = await issueStationCertificate(edge.pki, { stationId: "CS1" });
    const plain = await connect(`${edge.httpUrl}/ocpp/CS1`);
    const secure = await connect(`${edge.tlsUrl}/ocpp/CS2`, { ca, cert, key });
    const mutual = await connect(`${edge.mtlsUrl}/ocpp/CS3`, { ca, cert, key });
    expect(plain.seen).toMatchObject({ url: `${edge.httpUrl}/ocpp/CS1`, cf: { tlsVersion: "" } });
    expect(secure.seen).toMatchObject({
      url: `${edge.tlsUrl}/ocpp/CS2`,
      cf: { tlsVersion: "TLSv1.3", tlsClientAuth: { certPresented: "0" } },
    });
    expect(mutual.seen).toMatchObject({
      url: `${edge.mtlsUrl}/ocpp/CS3`,
      cf: { tlsClientAuth: { certVerified: "SUCCESS" } },
    });
    for (const { socket } of [plain, secure, mutual]) {
      socket.send("close");
      const [code, reason] = await once(socket, "close");
      expect([code, String(reason)]).toEqual([4000, "as asked"]);
    }
  });

  test("Headers forged on an upgrade do not arrive either", async () => {
    const headers = { "mf-cf-blob": "{}", "X-KERBSIDE-FRONT": "guess", "cf-connecting-ip": "6.6.6.6" };
    const { socket, seen } = await connect(`${edge.httpUrl}/ocpp/CS4`, { headers });
    socket.terminate();
    expect(seen.headers.filter(([name]) => /^(?:mf-|x-kerb|cf-)/.test(name))).toEqual([
      ["cf-connecting-ip", "127.0.0.1"],
    ]);
    expect(named(seen.headers, "sec-websocket-protocol")).toEqual([["sec-websocket-protocol", "ocpp1.6"]]);
  });

  test.each(["httpUrl", "tlsUrl"] as const)("Big frames come back whole over %s", async (front) => {
    const { socket } = await connect(`${edge[front]}/ocpp/big`, { ca });
    const frames = [1, 70_000, 3_000_000].map((length) => Buffer.alloc(length, "kerbside"));
    for (const frame of frames) socket.send(frame);
    for (const frame of frames) expect((await nextMessage(socket)).equals(frame)).toBe(true);
    socket.close();
    await once(socket, "close");
  });

  test("A station that leaves out the Connection header is upgraded all the same", async () => {
    const socket = net.connect(edge.port, "127.0.0.1");
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    socket.write(
      `GET /ocpp/quirk HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    let text = "";
    for await (const chunk of socket) {
      const isFirst = text === "";
      text += chunk.toString("latin1");
      // A masked text frame "hi", with a zero mask; it comes back without one.
      if (isFirst) socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
      if (text.endsWith("\x81\x02hi")) break;
    }
    expect(text).toMatch(/^HTTP\/1.1 101 /);
  });

  test("An upgrade without a key is told so", async () => {
    const head =
      "GET /ocpp/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n";
    const answer = await askRaw(edge.port, head);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain("An upgrade has one header Sec-WebSocket-Key.");
  });

  test("A refusal arrives as it is, and the connection is closed", async () => {
    const answer = await askRaw(
      edge.port,
      "GET /refused HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).toContain('{"reason":"refused"}');
    expect(answer).not.toContain("smuggled");
  });

  test("Sockets reset by stations, before and after the upgrade, leave the edge healthy", async () => {
    const heads = [
      "GET /ocpp/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      `GET /ocpp/x HTTP/1.1\r\nHost: a\r\n${WEBSOCKET}\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n`,
      "GET /x HTTP/1.1\r\nHost: a\r\n\r\nCONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\n",
      "CONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\n",
    ];
    const early = Array.from({ length: 40 }, (_, index) => {
      const socket = net.connect(edge.port, "127.0.0.1", () => {
        socket.write(heads[index % heads.length] ?? "", () => socket.resetAndDestroy());
      });
      return once(socket, "close");
    });
    const late = Array.from({ length: 20 }, async (_, index) => {
      const { socket } = await connect(`${edge.tlsUrl}/ocpp/reset-${index}`, { ca });
      socket.terminate();
    });
    await Promise.all([...early, ...late]);
    expect((await ask(`${edge.httpUrl}/healthz`)).status).toBe(200);
  });

  test("An evicted object hibernates under an open socket", async () => {
    const { socket } = await connect(`${edge.httpUrl}/ocpp/sleeper`);
    socket.send("count");
    expect(String(await nextMessage(socket))).toBe("1");
    await edge.evict("/ocpp/sleeper");
    socket.send("count");
    expect(String(await nextMessage(socket))).toBe("1");
    socket.terminate();
  });
});
