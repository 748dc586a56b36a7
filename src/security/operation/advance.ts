/**
 * One event of an operation: from its row as it was to its row as it is, and what is to be done. Must not know how anything is sent,
 * kept or timed.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import { currentStep, type Operation, type OperationError, type Step, type StepName, stepOf } from "./operation.ts";
import { plan } from "./plan.ts";
import { judgeStep, setPriority, type StepCommand, stepCommand } from "./step-command.ts";

/** Times that one step is asked of a station that does not answer, or whose answer is lost. */
export const ATTEMPTS_MAX = 5;

export type OperationEvent =
  /** There is a line, and nothing of the operation is under way on it. */
  | { kind: "ready"; protocol: Protocol }
  /**
   * @property provedPassword by the newest password, or with no other one left
   * @property hasRequested a certificate since the operation began, as far as is known
   */
  | { kind: "connected"; protocol: Protocol; securityProfile: number; provedPassword: boolean; hasRequested: boolean }
  | { kind: "answered"; command: string; answer: Record<string, unknown> }
  | { kind: "refused"; command: string; reason: string }
  /** It was sent, and what came of it is not known. */
  | { kind: "unknown"; command: string; reason: string }
  /** It was not sent. */
  | { kind: "unsent"; command: string; isCancelled: boolean }
  /** The station has taken a certificate. */
  | { kind: "certificate" }
  /** It has not taken one, as far as is known. */
  | { kind: "no-certificate"; reason: string }
  /** A registration has another password now. */
  | { kind: "replaced" }
  /** @property isUnsent its command, if it has one, is still queued */
  | { kind: "cancelled"; isUnsent: boolean }
  | { kind: "expired"; isUnsent: boolean };

export type OperationEffect =
  /** @property isOurs the step waits for it; else nobody does */
  | { kind: "send"; command: StepCommand; isOurs: boolean }
  | { kind: "cancel"; command: string }
  /** The station surely has not the new password. */
  | { kind: "drop-password" }
  | { kind: "raise"; to: 1 | 2 | 3 };

export interface Advanced {
  operation: Operation;
  effects: OperationEffect[];
}

export function advance(operation: Operation, event: OperationEvent, now: number): Advanced {
  if (operation.state !== "running") return still(operation);
  switch (event.kind) {
    case "ready":
      return begin(operation, event.protocol, now);
    case "connected":
      return connected(operation, event, now);
    case "answered":
      return answered(operation, event, now);
    case "refused":
      return event.command === operation.command ? refused(operation, event.reason, now) : still(operation);
    case "unknown":
      return event.command === operation.command ? unknown(operation, event.reason, now) : still(operation);
    case "unsent":
      return event.command === operation.command ? unsent(operation, event.isCancelled, now) : still(operation);
    case "certificate":
      return certificate(operation, now);
    case "no-certificate":
      return noCertificate(operation, event.reason, now);
    case "replaced":
      return end(operation, "cancelled", { reason: "a registration replaced the password meanwhile" }, now, "replaced");
    case "cancelled":
      return end(operation, "cancelled", null, now, event.isUnsent ? "unsent" : "sent");
    case "expired":
      return end(operation, "failed", { reason: "its time was over" }, now, event.isUnsent ? "unsent" : "sent");
  }
}

const still = (operation: Operation): Advanced => ({ operation, effects: [] });

function begin(given: Operation, protocol: Protocol, now: number): Advanced {
  if (given.command !== undefined) return still(given);
  const operation = planned(given, protocol);
  if (operation === null) return end(given, "failed", { reason: `the station speaks ${protocol} now` }, now, "sent");
  if (operation.url === undefined && stepOf(operation, "set-network-profile") !== undefined) {
    return end(operation, "failed", { reason: `${protocol} needs the url that it is to connect to` }, now, "unsent");
  }
  const step = currentStep(operation);
  const command = step === undefined ? null : stepCommand(operation, step.name, protocol);
  if (step === undefined || command === null) {
    return still(step?.state === "pending" ? withStep(operation, step.name, { state: "running", at: now }) : operation);
  }
  if (operation.attempts >= ATTEMPTS_MAX) return still(operation);
  const running = withStep(operation, step.name, { state: "running", at: now });
  return {
    operation: { ...running, attempts: operation.attempts + 1 },
    effects: [{ kind: "send", command, isOurs: true }],
  };
}

/** `null`: what was begun in another version does not go on in this one. */
function planned(operation: Operation, protocol: Protocol): Operation | null {
  if (operation.protocol === protocol) return operation;
  if (operation.steps.some(({ state }) => state !== "pending" && state !== "skipped")) return null;
  return { ...operation, protocol, steps: plan(operation, protocol) };
}

function connected(operation: Operation, event: OperationEvent & { kind: "connected" }, now: number): Advanced {
  const { kind, to } = operation;
  const isThere = kind === "password-rotation" ? event.provedPassword : event.securityProfile >= (to ?? 0);
  if (isThere) return succeed(operation, now);
  const step = currentStep(operation);
  if (step?.name === "receive-certificate" && !event.hasRequested) return askAgain(operation, now);
  const waits = step?.name === "connect" || step?.name === "use-password";
  if (!waits || step === undefined) return still(operation);
  const detail =
    step.name === "connect"
      ? `it came back on profile ${event.securityProfile}, which counts until it comes on ${to}`
      : "it came back with the password before, which counts until the new one is used";
  return still(withStep(operation, step.name, { state: "running", at: now, detail }));
}

/** Its request was lost with the line, and not every station says it again. */
function askAgain(operation: Operation, now: number): Advanced {
  const { repeated = 0 } = operation;
  if (repeated >= ATTEMPTS_MAX) return still(operation);
  const waiting = withStep(operation, "receive-certificate", { state: "pending", at: now });
  return still({ ...withStep(waiting, "sign-certificate", { state: "pending", at: now }), repeated: repeated + 1 });
}

function answered(operation: Operation, event: OperationEvent & { kind: "answered" }, now: number): Advanced {
  const step = currentStep(operation);
  const isLate = event.command === operation.unanswered && operation.command === undefined;
  if (step === undefined || !(event.command === operation.command || isLate)) return still(operation);
  const verdict = judgeStep(step.name, event.answer);
  if (verdict.kind === "refused") return refused(operation, verdict.reason, now);
  const done = withStep(operation, step.name, { state: "done", at: now, detail: verdict.detail });
  const found = verdict.found === undefined ? {} : { priority: verdict.found };
  return proceed({ ...done, ...found, ...(step.name === "set-password" && { password: taken(operation) }) }, now);
}

/** It need not be said again. */
const taken = ({ password }: Operation): NonNullable<Operation["password"]> => ({
  hash: password?.hash ?? "",
  isThere: "surely",
});

/** The next step is begun where there is a line. */
function proceed({ command: _, unanswered: __, ...operation }: Operation, now: number): Advanced {
  const next = currentStep(operation);
  // It came before it was waited for.
  if (next?.name === "receive-certificate" && operation.hasCertificate === true) {
    return proceed(withStep(operation, next.name, { state: "done", at: now }), now);
  }
  const isWaiting = next?.name === "receive-certificate" || next?.name === "connect" || next?.name === "use-password";
  const begun = isWaiting ? withStep(operation, next.name, { state: "running", at: now }) : operation;
  return still({ ...begun, attempts: 0 });
}

function refused(operation: Operation, reason: string, now: number): Advanced {
  const step = currentStep(operation);
  if (step?.name === "reset" && operation.kind === "password-rotation") {
    const detail = `${reason}: it is waited for until it starts by itself`;
    return proceed(withStep(operation, step.name, { state: "failed", at: now, detail }), now);
  }
  return end(operation, "failed", { reason }, now, "refused");
}

function unknown(operation: Operation, reason: string, now: number): Advanced {
  const step = currentStep(operation);
  if (step === undefined) return still(operation);
  const { command, ...rest } = operation;
  const password = step.name === "set-password" && operation.password;
  const tried: Operation = {
    ...withStep(rest, step.name, { state: "running", at: now, detail: reason }),
    ...(command !== undefined && { unanswered: command }),
    ...(password && { password: { ...password, isThere: "maybe" } }),
  };
  if (operation.attempts < ATTEMPTS_MAX) return still(tried);
  // It may have started again before it answered, and failed to come on what it was told.
  if (step.name === "reset")
    return proceed(withStep(tried, step.name, { state: "done", at: now, detail: reason }), now);
  if (!password) return end(tried, "failed", { reason }, now, "sent");
  // The station may have it all the same: which one it has it shows when it connects.
  const detail = `${reason}, ${ATTEMPTS_MAX} times: both passwords count until the new one is used`;
  const given = { ...tried, password: { hash: password.hash, isThere: "maybe" as const } };
  return proceed(withStep(given, step.name, { state: "failed", at: now, detail }), now);
}

function unsent(operation: Operation, isCancelled: boolean, now: number): Advanced {
  if (isCancelled) return end(operation, "cancelled", { reason: "its command was cancelled" }, now, "unsent");
  const { command: _, attempts, ...rest } = operation;
  const step = currentStep(operation);
  const waiting = { ...rest, attempts: Math.max(0, attempts - 1) };
  return still(step === undefined ? waiting : withStep(waiting, step.name, { state: "pending", at: now }));
}

function certificate(operation: Operation, now: number): Advanced {
  if (operation.to !== 3) return still(operation);
  const known = { ...operation, hasCertificate: true };
  const isAwaited = currentStep(operation)?.name === "receive-certificate";
  return isAwaited ? proceed(withStep(known, "receive-certificate", { state: "done", at: now }), now) : still(known);
}

function noCertificate(operation: Operation, detail: string, at: number): Advanced {
  const step = currentStep(operation);
  if (step?.name !== "receive-certificate") return still(operation);
  return still(withStep(operation, step.name, { state: "running", at, detail }));
}

function succeed(operation: Operation, now: number): Advanced {
  const { command, password: _, unanswered: __, ...rest } = operation;
  const last = operation.steps.at(-1)?.name;
  const steps = operation.steps.map((step): Step => {
    const isOver = step.state !== "pending" && step.state !== "running";
    // Without a word of what it waited for.
    return isOver ? step : { name: step.name, state: step.name === last ? "done" : "skipped", at: now };
  });
  const { kind, to } = operation;
  return {
    operation: { ...rest, state: "done", steps, endedAt: now },
    effects: [
      ...(command === undefined ? [] : [{ kind: "cancel" as const, command }]),
      ...(kind === "security-upgrade" && to !== undefined ? [{ kind: "raise" as const, to }] : []),
    ],
  };
}

type Reached = "unsent" | "sent" | "refused" | "replaced";

/** Rolled back as far as the version can; what the station may have goes on to count. */
function end(
  operation: Operation,
  state: "failed" | "cancelled",
  why: { reason: string } | null,
  now: number,
  /** How far the command of its step came. */
  reached: Reached,
): Advanced {
  const step = currentStep(operation);
  const isStopped = state === "failed" && step !== undefined && reached !== "replaced";
  const {
    command,
    unanswered: _,
    password,
    ...rest
  } = isStopped ? withStep(operation, step.name, { state: "failed", at: now, detail: why?.reason }) : operation;
  const may = (name: StepName) => mayHave(operation, name, reached);
  const isDropped = password !== undefined && reached !== "replaced" && !may("set-password");
  const remains = [
    ...(password !== undefined && may("set-password") ? [countingAfter(reached)] : []),
    ...(may("set-profile")
      ? [`SecurityProfile ${operation.to} is set, and 1.6 lowers none: it is admitted on it`]
      : []),
    ...(may("set-priority") ? [`NetworkConfigurationPriority is set back to ${operation.priority}`] : []),
  ].join("; ");
  const error: OperationError = {
    step: step?.name ?? null,
    reason: why?.reason ?? "it was cancelled",
    ...(remains !== "" && { remains }),
  };
  const effects: OperationEffect[] = [];
  if (command !== undefined) effects.push({ kind: "cancel", command });
  if (isDropped) effects.push({ kind: "drop-password" });
  if (may("set-priority") && operation.priority !== undefined)
    effects.push({ kind: "send", command: setPriority(operation.priority), isOurs: false });
  return { operation: { ...rest, state, endedAt: now, error }, effects };
}

const countingAfter = (reached: Reached): string =>
  reached === "replaced"
    ? "the registration's own password counts; the one that was sent counts no more, unless passwordOverlap kept it"
    : "the new password and the one before both count";

/** Whether what a step sets may be in the station. */
function mayHave(operation: Operation, name: StepName, reached: Reached): boolean {
  const step = stepOf(operation, name);
  if (step === undefined || step.state === "pending" || step.state === "skipped") return false;
  if (step !== currentStep(operation)) return true;
  const before = operation.unanswered !== undefined || operation.password?.isThere !== undefined;
  if (before && name === "set-password") return true;
  if (operation.unanswered !== undefined) return true;
  return operation.command !== undefined && reached === "sent";
}

interface StepChange {
  state: Step["state"];
  at: number;
  detail?: string | undefined;
}

function withStep(operation: Operation, name: StepName, { detail, ...change }: StepChange): Operation {
  const steps = operation.steps.map((step): Step => {
    if (step.name !== name) return step;
    // What went wrong at first is not how it ended.
    const { detail: before, ...rest } = step;
    const kept = detail ?? (change.state === "done" ? undefined : before);
    return { ...rest, ...change, ...(kept !== undefined && { detail: kept }) };
  });
  return { ...operation, steps };
}
