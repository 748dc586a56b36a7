/**
 * Whether a request asks for a WebSocket, and whether it may. Must not know where it goes.
 */
import type { IncomingMessage } from "node:http";

export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket";
}

/** [RFC 9110 §7.8] Node gives no socket for an upgrade that announces a body. */
export function isBareUpgrade(request: IncomingMessage): boolean {
  return isWebSocketUpgrade(request) && !announcesBody(request);
}

export function announcesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
}

/** [RFC 6455 §4.2.1] What it holds is looked at by nobody: some stations send no 16 bytes. */
export const hasKey = ({ headers }: IncomingMessage): boolean => headers["sec-websocket-key"] !== undefined;

/** Node reads 0.9 and 2.0 in the same words; [RFC 6455 §4.1] an upgrade has 1.1 at least, and old stations have 1.0. */
export const isHttp1 = ({ httpVersion }: IncomingMessage): boolean => httpVersion === "1.1" || httpVersion === "1.0";

/** [RFC 9112 §3.2] Exactly one Host, but from an HTTP/1.0 station none is needed. */
export function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  return hosts.length === 1 || (hosts.length === 0 && httpVersion === "1.0");
}

/** What a browser calls a page of a listener on loopback. */
export const originsOf = (scheme: string, port: number): string[] =>
  ["localhost", "127.0.0.1", "[::1]"].map((host) => new URL(`${scheme}://${host}:${port}`).origin);

/** Any web page may open a WebSocket to localhost, and would be a station where nothing is to be proven; stations send no Origin. */
export function isForeign({ headers }: IncomingMessage, own: ReadonlySet<string>): boolean {
  return headers.origin !== undefined && !own.has(headers.origin);
}
