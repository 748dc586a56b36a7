/**
 * Why a station is off, as one sentence and as one of a few kinds to count by. Must not know where that is kept, nor the clock.
 */

/** How its last connection ended; what a transition carries and a row keeps. */
export interface Disconnect {
  /** ms since the epoch */
  at: number;
  /** [RFC 6455 §7.4.1] and the reason beside it, as its event has them. */
  code: number;
  reason: string;
  /** Of a line that was closed since nothing came: how long. */
  silentMs?: number;
}

/** `never`: it has not connected yet. `unknown`: of a release that did not keep it. */
export const OFFLINE_KINDS = [
  ...["never", "station", "lost", "silent", "operator", "superseded", "registration-changed"],
  ...["certificate-expired", "certificate-revoked", "too-many-messages", "unreadable", "unknown"],
] as const;

/** As this side closes them: code and reason (src/station/connection/close-reasons.ts). */
const OWN: Readonly<Record<string, readonly [kind: string, sentence: string]>> = {
  "1000 disconnected by the operator": ["operator", "disconnected by an operator"],
  "1006 lost": ["lost", "lost: no close was seen"],
  "1006 the connection broke": ["lost", "lost: the connection broke"],
  "1008 superseded": ["superseded", "superseded by a newer connection, which was lost"],
  "1008 registration-changed": ["registration-changed", "disconnected, since its registration was changed"],
  "1008 certificate-expired": ["certificate-expired", "disconnected, since its certificate has expired"],
  "1008 certificate-revoked": ["certificate-revoked", "disconnected, since its certificate was revoked"],
  "1008 too many messages": ["too-many-messages", "disconnected, since it sent too many messages"],
  "1012 attachment unreadable": ["unreadable", "disconnected, since what was kept of its connection was unreadable"],
};
/** What a station that closed without a word has for a reason. */
const WORDLESS = "closed by the station";

/** @param disconnect `null`: it never connected; `undefined`: not known */
export function offlineKind(disconnect: Disconnect | null | undefined): string {
  if (disconnect === undefined) return "unknown";
  if (disconnect === null) return "never";
  const { code, reason } = disconnect;
  if (code === 1008 && reason === "silent") return "silent";
  return OWN[`${code} ${reason}`]?.[0] ?? (code === 1006 ? "lost" : "station");
}

/** Connections of a registered station that were refused since it was last connected. */
export interface Refusals {
  count: number;
  /** ms since the epoch */
  since: number;
  reason: string;
}

/** In UTC. What was refused later than the end says more than the end. */
export function offlineReason(
  disconnect: Disconnect | null | undefined,
  refusals: Refusals | null,
  now: number,
): string {
  if (refusals !== null && refusals.count > 0 && refusals.since >= (disconnect?.at ?? 0)) return refused(refusals, now);
  if (disconnect === undefined) return "offline: the reason was not kept";
  if (disconnect === null) return "never connected";
  const { code, reason, silentMs } = disconnect;
  if (code === 1008 && reason === "silent") return silentMs === undefined ? "silent" : `silent for ${lasted(silentMs)}`;
  const own = OWN[`${code} ${reason}`]?.[1];
  if (own !== undefined) return own;
  if (code === 1006) return "lost: the connection broke";
  const words = reason === "" || reason === WORDLESS ? "" : ` (${reason})`;
  return code === 1005 ? `closed by the station, without a code${words}` : `closed by the station, ${code}${words}`;
}

function refused({ count, since, reason }: Refusals, now: number): string {
  const iso = new Date(since).toISOString();
  const time = iso.slice(11, 16);
  const when = iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? time : `${iso.slice(0, 10)} ${time}`;
  const words = reason.replaceAll("-", " ");
  return `refused ${count === 1 ? "once" : `${count} times`} since ${when}: ${words}`;
}

/** A minute, in ms. */
const MINUTE_MS = 60_000;

function lasted(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
