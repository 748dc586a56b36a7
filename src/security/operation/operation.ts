/**
 * An operation of several steps on one Charging Station: its password replaced, or its security profile raised. As its row has it,
 * which outlives connections, crashes and releases; must not know how a step is asked of the station.
 */
import type { Protocol } from "../../ocpp/protocol.ts";

export const OPERATION_KINDS = ["password-rotation", "security-upgrade"] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

export const STEP_NAMES = [
  "set-password",
  "use-password",
  "install-root",
  "sign-certificate",
  "receive-certificate",
  "read-priority",
  "set-network-profile",
  "set-priority",
  "set-profile",
  "reset",
  "connect",
] as const;
export type StepName = (typeof STEP_NAMES)[number];

export const STEP_STATES = ["pending", "running", "done", "skipped", "failed"] as const;
export const OPERATION_STATES = ["running", "done", "failed", "cancelled"] as const;

export interface Step {
  name: StepName;
  state: (typeof STEP_STATES)[number];
  /** ms since the epoch, of its last change. */
  at?: number;
  detail?: string;
}

/** What whoever began it asked for beside its kind. */
export interface Wishes {
  to?: 1 | 2 | 3;
  /** [2.x] Where the station is to connect. */
  url?: string;
  /** PEM; absent: none is installed. */
  rootCertificate?: string;
  /** The station has a certificate for profile 3. */
  hasCertificate?: boolean;
  /** [2.x] Absent: the first that its priorities do not name. */
  slot?: number;
  /** [2.x] As OCPP names it. */
  networkInterface?: string;
  reset?: "none" | "soft" | "hard";
}

export interface OperationError {
  step: StepName | null;
  reason: string;
  /** What is left of it at the station, and what counts now. */
  remains?: string;
}

/** Read by releases before and after: what is added is optional. */
export interface Operation extends Wishes {
  id: string;
  kind: OperationKind;
  actor?: string;
  startedAt: number;
  expiresAt: number;
  state: (typeof OPERATION_STATES)[number];
  /** Whose commands its steps are; absent until the station speaks. */
  protocol?: Protocol;
  steps: Step[];
  /** The command that its step waits for. */
  command?: string;
  /** The one before, whose outcome nobody knows. */
  unanswered?: string;
  /** How often its step was asked of the station. */
  attempts: number;
  /** How often it was asked for a certificate request that never came. */
  repeated?: number;
  /** The new password: in the clear as long as it may have to be said again; `hash` is that of the registration. */
  password?: { plain?: string; hash: string; isThere?: "maybe" | "surely" };
  /** [2.x] The station's NetworkConnectionPriority before. */
  priority?: string;
  endedAt?: number;
  error?: OperationError;
}

export interface OperationView {
  kind: OperationKind;
  to?: 1 | 2 | 3;
  state: Operation["state"];
  /** `null`: it has not begun, or has ended. */
  step: StepName | null;
  steps: { name: StepName; state: Step["state"]; at?: string; detail?: string }[];
  actor: string | null;
  startedAt: string;
  expiresAt: string;
  endedAt?: string;
  error?: OperationError;
}

const iso = (at: number): string => new Date(at).toISOString();

/** By name: what else there is may be a secret. */
export function viewOperation(operation: Operation): OperationView {
  const { kind, to, state, steps, actor, startedAt, expiresAt, endedAt, error } = operation;
  return {
    kind,
    ...(to !== undefined && { to }),
    state,
    step: state === "running" ? (currentStep(operation)?.name ?? null) : null,
    steps: steps.map(({ name, state: of, at, detail }) => ({
      ...{ name, state: of },
      ...(at !== undefined && { at: iso(at) }),
      ...(detail !== undefined && { detail }),
    })),
    actor: actor ?? null,
    startedAt: iso(startedAt),
    expiresAt: iso(expiresAt),
    ...(endedAt !== undefined && { endedAt: iso(endedAt) }),
    ...(error !== undefined && { error }),
  };
}

export const currentStep = ({ steps }: Operation): Step | undefined =>
  steps.find(({ state }) => state === "running" || state === "pending");

export const stepOf = ({ steps }: Operation, name: StepName): Step | undefined =>
  steps.find((step) => step.name === name);
