/**
 * What a station's socket is opened with: whom it trusts, what proves who it is. Must not know what is said on it.
 */
import type { LookupFunction } from "node:net";
import type { ClientOptions } from "ws";
import { isLoopback } from "./targets.ts";

export interface StationProof {
  stationId: string;
  password: string | null;
  certificate: { cert: string; key: string } | null;
  /** Asked for where the socket is TLS; `undefined`: what Node trusts. */
  rootPem(): string | undefined;
}

export function socketOptions(url: string, { stationId, password, certificate, rootPem }: StationProof): ClientOptions {
  const ca = url.startsWith("wss:") ? rootPem() : undefined;
  return {
    ...(isLoopback(new URL(url)) && { lookup: loopback }),
    ...(ca !== undefined && { ca }),
    ...(certificate !== null && certificate),
    ...(password !== null && { headers: { authorization: basic(stationId, password) } }),
  };
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** A name of this machine is never looked up: thousands of look-ups wait for four threads. */
const loopback: LookupFunction = (hostname, options, done) => {
  const isV6 = hostname === "::1" || hostname === "[::1]";
  const address = isV6 ? "::1" : hostname === "localhost" ? "127.0.0.1" : hostname;
  const family = isV6 ? 6 : 4;
  if (options.all === true) done(null, [{ address, family }]);
  else done(null, address, family);
};
