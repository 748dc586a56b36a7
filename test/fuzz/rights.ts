/**
 * Who has a right to a 101, judged from the bytes that were sent and the contract alone. Must not know how the edge judges, nor
 * what it answered.
 */
import type { Transport } from "../support/transports.ts";
import { TARGETS } from "./targets.ts";

export interface Shown {
  transport: Transport;
  /** Whose certificate the connection proved; `null`: none that counts. */
  certificateOf: string | null;
}

const REQUEST_LINE = /GET +([^\r\n]*?) +(?:HTTP|RTSP|ICE)\/1\.[01]\r?\n/g;

/** Whether any request that these bytes could be read to hold is one of a station that proves itself. */
export function hasRight(sent: Buffer, shown: Shown): boolean {
  const text = sent.toString("latin1");
  return [...text.matchAll(REQUEST_LINE)].some((match) => {
    const rest = text.slice(match.index + match[0].length);
    const end = /\r?\n\r?\n/.exec(rest)?.index ?? rest.length;
    return isStationsOwn(match[1] ?? "", rest.slice(0, end).replace(/\r?\n[ \t]+/g, " "), shown);
  });
}

function isStationsOwn(target: string, headers: string, { transport, certificateOf }: Shown): boolean {
  const id = identityOf(target);
  const station = TARGETS.find((each) => each.id === id);
  if (station === undefined || !/^upgrade[ \t]*:[^\r\n]*websocket/im.test(headers)) return false;
  // On the host of certificates nothing else counts, and there it counts for whoever is registered for less.
  if (transport === "mtls") return certificateOf === station.id;
  if (station.securityProfile > (transport === "tls" ? 2 : 1)) return false;
  if (station.securityProfile === 0) return transport === "http";
  const credentials = `${station.id}:${station.password}`;
  return [...headers.matchAll(/^authorization[ \t]*:[ \t]*basic +([^\r\n]*)/gim)].some(
    ([, encoded = ""]) => Buffer.from(encoded.trim(), "base64").toString("latin1") === credentials,
  );
}

/** Decoded once; a slash behind, and a doubled one before, are the contract's. */
function identityOf(target: string): string | null {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  const segment = /^\/ocpp\/\/?([^/]*)\/?$/.exec(path)?.[1];
  try {
    return segment === undefined ? null : decodeURIComponent(segment);
  } catch {
    return null;
  }
}
