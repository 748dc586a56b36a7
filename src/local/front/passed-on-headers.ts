/**
 * What a front passes on of a request's head: the target and the headers, less everything by which a client could
 * speak for the edge. Must not know sockets.
 */

import type { IncomingMessage } from "node:http";

/** Written by the edge alone, or meant for the next hop alone. */
const DROPPED = new Set([
  "client-cert",
  "client-cert-chain",
  "connection",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "true-client-ip",
  "upgrade",
  "x-real-ip",
]);
const DROPPED_PREFIX = /^(?:mf-|cf-|x-forwarded-|x-kerbside-)/;
const HOP_BY_HOP_ANSWERS = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
/** Set by the gate on whatever the Worker answers, and on nothing that workerd says for itself. */
const OF_WORKER = "x-kerbside-front";
const UPGRADE_REQUIRED = 426;

/**
 * Name, value, name, value, …, as Node gives and takes it; duplicates stay duplicates.
 * @param own what the front says itself, in place of what the client said
 */
export function forwardedHeaders(raw: readonly string[], isUpgrade: boolean, own: readonly string[] = []): string[] {
  const replaced = new Set(own.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  // An upgrade has no body: workerd would wait for the one that a length announces.
  if (isUpgrade) replaced.add("content-length");
  return without(raw, (name) => DROPPED.has(name) || DROPPED_PREFIX.test(name) || replaced.has(name));
}

export const isOfWorker = ({ headers }: IncomingMessage): boolean => headers[OF_WORKER] !== undefined;

/** @param connection what the front itself says of the connection */
export function answeredHeaders(
  { rawHeaders, headers, statusCode }: IncomingMessage,
  connection: string[] = [],
): string[] {
  const kept = without(rawHeaders, (name) => HOP_BY_HOP_ANSWERS.has(name) || name === OF_WORKER);
  const options = [...connection];
  if (statusCode === UPGRADE_REQUIRED) {
    // [RFC 9110 §15.5.22, §7.8] It says to what, and that this is of the connection.
    kept.push("Upgrade", headers.upgrade ?? "websocket");
    options.push("Upgrade");
  }
  return options.length === 0 ? kept : [...kept, "Connection", options.join(", ")];
}

function without(raw: readonly string[], isDropped: (name: string) => boolean): string[] {
  const nominated = nominatedByConnection(raw);
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [raw[i] as string, raw[i + 1] as string];
    const lower = name.toLowerCase();
    if (!isDropped(lower) && !nominated.includes(lower)) kept.push(name, value);
  }
  return kept;
}

/** [RFC 9110 §7.6.1] Connection headers name further headers that end here. */
function nominatedByConnection(raw: readonly string[]): string[] {
  const names: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === "connection") names.push(...(raw[i + 1] as string).toLowerCase().split(/\s*,\s*/));
  }
  // The WebSocket's own headers are end to end here, whatever a station nominates.
  return names.filter((name) => !name.startsWith("sec-websocket-"));
}

/** The path and query of a request target, whatever host an absolute one names; undefined where there is no path. */
export function pathOf(target: string): string | undefined {
  // Some stations put the whole URL into the request line.
  const relative = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const path = relative === "" || relative.startsWith("?") ? `/${relative}` : relative;
  if (!path.startsWith("/")) return undefined;
  // Bytes, percent-encoded as they are: a URL parser would take each for a character.
  const ascii = path.replace(/[^\x21-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  const url = URL.parse(`http://localhost${ascii}`);
  if (url === null) return undefined;
  // What is another path to the Worker than to whoever chooses the workerd would end up in the wrong one.
  const [raw] = ascii.split(/[?#]/, 1);
  return url.pathname === raw && !hasHiddenName(url.pathname) ? ascii : undefined;
}

/** [RFC 3986 §2.3] What needs no escape. */
const UNRESERVED = /^[A-Za-z0-9._~-]$/;

/** `%73tations` is `stations` to one reader and not to another. In an identity every escape is one to both. */
function hasHiddenName(pathname: string): boolean {
  const names = pathname.replace(/^(\/ocpp\/\/?|\/v1\/stations\/)[^/]*/, "$1");
  const escapes = names.match(/%[0-9a-f]{2}/gi) ?? [];
  return escapes.some((code) => UNRESERVED.test(String.fromCharCode(Number.parseInt(code.slice(1), 16))));
}
