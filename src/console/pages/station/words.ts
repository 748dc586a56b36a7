/**
 * A station's state in words: how it proves itself, how its connections end, what its connectors say. Must not know how they are shown.
 */

/** [interface.md §1] */
export const PROOFS: Readonly<Record<number, string>> = {
  0: "It proves nothing: anybody could say that it is this station.",
  1: "Its password, over a line that everybody on the way can read.",
  2: "Its password, over TLS.",
  3: "Its own client certificate, over TLS.",
};

export const CSMS_WORDS = {
  link: "the CSMS's own socket",
  http: "the CSMS, over HTTP",
  standalone: "the edge alone, by its built-in answers",
} as const;

/** "ab12 cd34 … ef56": what two fingerprints are told apart by at a look. */
export const shortFingerprint = (fingerprint: string): string =>
  fingerprint.length <= 20 ? fingerprint : `${fingerprint.slice(0, 8)}…${fingerprint.slice(-8)}`;

/** [OCPP 1.6 §7.7, 2.x ConnectorStatusEnumType] */
export function connectorTone(status: string, errorCode: string | undefined): "good" | "warn" | "bad" | "off" {
  if (status === "Faulted" || (errorCode !== undefined && errorCode !== "NoError" && errorCode !== "")) return "bad";
  if (status === "Unavailable") return "off";
  return status === "Available" ? "good" : "warn";
}

/** [src/station/connection/close-reasons.ts] Reasons that the edge gives a close; others are the station's own words. */
const ENDS: Readonly<Record<string, string>> = {
  superseded: "a newer connection took its place",
  deregistered: "it was deregistered",
  "disconnected by the operator": "disconnected by an operator",
  silent: "silent too long",
  lost: "lost: no close was seen",
  "registration-changed": "its registration was changed",
  "certificate-expired": "its certificate expired",
  "certificate-revoked": "its certificate was revoked",
  "too many messages": "it sent too many messages",
  "the connection broke": "lost: the connection broke",
  "attachment unreadable": "what was kept of it was unreadable",
};
/** [RFC 6455 §7.4.1] */
const CODES: Readonly<Record<number, string>> = {
  1000: "closed by the station",
  1001: "the station went away",
  1002: "a protocol error",
  1005: "closed without a code",
  1006: "lost: no close was seen",
  1009: "a message was too large",
  1011: "an internal error",
  1012: "the edge restarted",
};

export function endWords(code: number | null, reason: string | null): string {
  if (reason !== null && ENDS[reason] !== undefined) return ENDS[reason];
  const words = code === null ? "" : (CODES[code] ?? "");
  return [words, reason === words ? "" : (reason ?? "")].filter((each) => each !== "").join(": ") || "not known";
}

/** "2 d 4 h": how long something took, or has been. */
export function lasted(seconds: number): string {
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600), Math.floor(seconds / 86_400)];
  if (days > 0) return `${days} d ${hours - 24 * days} h`;
  if (hours > 0) return `${hours} h ${minutes - 60 * hours} min`;
  if (minutes > 0) return `${minutes} min ${Math.floor(seconds - 60 * minutes)} s`;
  return `${Math.floor(seconds)} s`;
}

export const bytes = (count: number): string =>
  count < 10_000
    ? `${count} B`
    : count < 10_000_000
      ? `${Math.round(count / 1_000)} KB`
      : `${(count / 1_000_000).toFixed(1)} MB`;
