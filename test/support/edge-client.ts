/**
 * Small HTTP, TLS and WebSocket clients for the tests of the local edge. Must not know what the tests expect.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { WebSocket } from "ws";

export function temporaryFolder(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), "kerbside-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

export async function ask(url: string, options: https.RequestOptions = {}, body?: string | Buffer): Promise<Answer> {
  const request = (url.startsWith("https") ? https : http).request(url, { agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** What the echo Worker saw of a request. */
export interface Seen {
  url: string;
  method: string;
  headers: [string, string][];
  // biome-ignore lint/suspicious/noExplicitAny: it is what the test is to find out
  cf: any;
}

export async function askSeen(url: string, options: https.RequestOptions = {}): Promise<Seen> {
  return JSON.parse((await ask(url, options)).text);
}

/** Sends bytes as they are, and gives back all that is answered until the other side closes. */
export async function askRaw(port: number, text: string): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer;
}

/** One TLS connection, one request, one answer; with the session it could be resumed by. */
export async function askOverTls(port: number, path: string, options: tls.ConnectionOptions) {
  const socket = tls.connect({ port, host: "127.0.0.1", servername: "localhost", ...options });
  let session: Buffer | undefined;
  socket.on("session", (given) => {
    session = given;
  });
  await once(socket, "secureConnect");
  const isReused = socket.isSessionReused();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  const body = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
  return { seen: JSON.parse(body) as Seen, session, isReused };
}

/** An open WebSocket with the first message the echo Worker sends. */
export async function connect(url: string, options: https.RequestOptions = {}) {
  const socket = new WebSocket(url.replace(/^http/, "ws"), ["ocpp1.6"], options);
  const [first] = (await once(socket, "message")) as [Buffer];
  return { socket, seen: JSON.parse(first.toString()) as Seen };
}

export async function nextMessage(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, "message")) as [Buffer];
  return data;
}
