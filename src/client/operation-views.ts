/**
 * Operations of several steps on one station, as types: those of /openapi.json. Must not hold a value.
 */

export interface PasswordRotation {
  /** 16 to 64 bytes; without it one is made, and shown to nobody. */
  password?: string;
  /** Ask the station for a reset, where it does not take the new one by itself (false). */
  reset?: boolean;
  /** 60 to 2,678,400 (604,800). */
  expiresInSeconds?: number;
}

export interface SecurityUpgrade {
  to: 1 | 2 | 3;
  /** [OCPP 2.x] Where the station is to connect. */
  url?: string;
  /** PEM; `null`: none is installed. */
  rootCertificate?: string | null;
  /** The station has a certificate for profile 3. */
  hasCertificate?: boolean;
  /** [OCPP 2.x] Absent: the first that its priorities do not name. */
  configurationSlot?: number;
  networkInterface?:
    | ("Wired0" | "Wired1" | "Wired2" | "Wired3")
    | ("Wireless0" | "Wireless1" | "Wireless2" | "Wireless3" | "Any");
  reset?: "soft" | "hard";
  expiresInSeconds?: number;
}

export type OperationStep =
  | "set-password"
  | "use-password"
  | "install-root"
  | "sign-certificate"
  | "receive-certificate"
  | "read-priority"
  | "set-network-profile"
  | "set-priority"
  | "set-profile"
  | "reset"
  | "connect";

export interface Operation {
  kind: "password-rotation" | "security-upgrade";
  /** The security profile that is wanted. */
  to?: 1 | 2 | 3;
  state: "running" | "done" | "failed" | "cancelled";
  /** `null` before the station has spoken, and at the end. */
  step: OperationStep | null;
  steps: {
    name: OperationStep;
    state: "pending" | "running" | "done" | "skipped" | "failed";
    at?: string;
    /** A sentence for people. */
    detail?: string;
  }[];
  actor: string | null;
  startedAt: string;
  expiresAt: string;
  endedAt?: string;
  error?: {
    step: OperationStep | null;
    reason: string;
    /** What is left of it, and what counts now. */
    remains?: string;
  };
}
