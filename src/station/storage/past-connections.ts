/**
 * The last connections of a station that are over, as one short text that rides in a row which is written anyway. Must not know where
 * that is, nor throw.
 */
import { fields, nullable, number, optional, text, time } from "../../shape.ts";
import type { LoggedConnection } from "./facts.ts";

export interface PastConnection extends LoggedConnection {
  /** ms since the epoch */
  endedAt: number;
  code: number;
  reason: string;
  /** ms for which nothing was heard, where it was ended for that. */
  silentMs?: number;
}

/** Connections that are kept; with certificates some 5 KB. */
export const PAST_CONNECTIONS_MAX = 20;
/** Characters of each text: of a fingerprint, or the end of a reason, which a close frame cuts at 123 bytes. */
const TEXT_MAX_LENGTH = 128;

const ENDED = fields({
  connectionId: text,
  protocol: text,
  securityProfile: number,
  remoteAddress: nullable(text),
  since: text,
  certificate: nullable(fields({ fingerprint: text, notAfter: text })),
  code: number,
  reason: text,
  silentMs: optional(number),
});
const TIMES = fields({ since: time, notAfter: nullable(time) });

/** In a text of its own no character is escaped, here or in the row: it is read at each wake. */
const written = (value: string): string =>
  encodeURIComponent(value.toWellFormed().slice(0, TEXT_MAX_LENGTH).toWellFormed());

/** @param data of an `ocpp.station.disconnected`, which any release may have written; one that lacks something is left out */
export function withEnded(past: string | undefined, data: unknown, at: number): string | undefined {
  if (ENDED(data) !== null) return past;
  const ended = data as Omit<PastConnection, "endedAt">;
  const { certificate, silentMs } = ended;
  const times = { since: Date.parse(ended.since), notAfter: certificate && Date.parse(certificate.notAfter) };
  if (TIMES(times) !== null) return past;
  const record = [
    written(ended.connectionId),
    written(ended.protocol),
    ended.securityProfile,
    times.since,
    at,
    ended.code,
    written(ended.reason),
    // "~" alone is no address.
    ended.remoteAddress === null ? "~" : written(ended.remoteAddress),
    ...(certificate !== null
      ? [written(certificate.fingerprint), times.notAfter]
      : silentMs === undefined
        ? []
        : ["", ""]),
    ...(silentMs === undefined ? [] : [Math.round(silentMs)]),
  ].join("|");
  const records = past === undefined ? [] : past.split(";");
  return [...records, record].slice(-PAST_CONNECTIONS_MAX).join(";");
}

/** The oldest first. */
export function pastConnections(past: string | undefined): PastConnection[] {
  return past === undefined ? [] : past.split(";").flatMap((record) => read(record) ?? []);
}

/** The newest of them; `undefined`: there is none. */
export function lastEnded(past: string | undefined): PastConnection | undefined {
  return past === undefined ? undefined : (read(past.slice(past.lastIndexOf(";") + 1)) ?? undefined);
}

function read(record: string): PastConnection | null {
  try {
    const [
      connectionId,
      protocol,
      profile,
      since,
      endedAt,
      code,
      reason,
      address,
      fingerprint = "",
      notAfter,
      silentMs,
    ] = record.split("|");
    const iso = (ms: string | undefined) => new Date(Number(ms)).toISOString();
    return {
      connectionId: decoded(connectionId),
      protocol: decoded(protocol),
      securityProfile: Number(profile),
      remoteAddress: address === "~" ? null : decoded(address),
      since: iso(since),
      certificate: fingerprint === "" ? null : { fingerprint: decoded(fingerprint), notAfter: iso(notAfter) },
      endedAt: Date.parse(iso(endedAt)),
      code: Number(code),
      reason: decoded(reason),
      ...(silentMs !== undefined && { silentMs: Number(silentMs) }),
    };
  } catch {
    return null;
  }
}

const decoded = (value: string | undefined): string => decodeURIComponent(value ?? "");
