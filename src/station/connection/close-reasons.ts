/**
 * Why a station's socket is closed from this side: code and reason as the station and `ocpp.station.disconnected` have them. Must
 * not know when.
 */

export interface CloseReason {
  /** [RFC 6455 §7.4.1] */
  code: number;
  /** At most 123 bytes. */
  reason: string;
}

export const CLOSE_REASONS = {
  /** A newer connection of the same identity. */
  superseded: { code: 1008, reason: "superseded" },
  deregistered: { code: 1008, reason: "deregistered" },
  /** What it was let in by counts no longer. */
  registrationChanged: { code: 1008, reason: "registration-changed" },
  certificateExpired: { code: 1008, reason: "certificate-expired" },
  certificateRevoked: { code: 1008, reason: "certificate-revoked" },
  /** It was asked, and said nothing. */
  silent: { code: 1008, reason: "silent" },
  /** Of a backend's socket: the key it was opened by is bound to a part of the fleet, from which the station was moved. */
  outOfReach: { code: 1008, reason: "out-of-reach" },
  tooManyMessages: { code: 1008, reason: "too many messages" },
  /** [IANA WebSocket Close Codes] 1013: try again later. Of an observer, which does not take what it is sent. */
  tooSlow: { code: 1013, reason: "too slow" },
  byOperator: { code: 1000, reason: "disconnected by the operator" },
  /** [RFC 6455 §7.4.1] Never on the wire: it went without a word. */
  lost: { code: 1006, reason: "lost" },
  broke: { code: 1006, reason: "the connection broke" },
  /** [IANA WebSocket Close Codes] 1012: the service restarts, and who reconnects is served. */
  unreadable: { code: 1012, reason: "attachment unreadable" },
} as const satisfies Record<string, CloseReason>;
