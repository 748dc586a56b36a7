/**
 * Is a payload what its version says, by the strictness that was asked for? The one place that joins schemas to the
 * session; must not know who sent the payload or what happens to it.
 */
import { isCsmsAction } from "./actions.ts";
import type { FaultKind } from "./error-codes.ts";
import { FRAME_MAX_LENGTH, isDeeper, NESTING_MAX } from "./message.ts";
import type { Protocol } from "./protocol.ts";
import { checkLenient, type Deviation, type Direction, faultKind, MAX_FAULTS, validate } from "./schemas/validate.ts";

/** `lenient` lets the known harmless deviations of `schemas/tolerance.ts` pass, each marked. */
export type Strictness = "strict" | "lenient";

export interface PayloadCheck {
  /** The first fault; `null`: it may pass. */
  fault: { kind: FaultKind; description: string } | null;
  /** What lenient let pass, at most 20. */
  deviations: readonly Deviation[];
}

const CLEAN: PayloadCheck = { fault: null, deviations: [] };

/** Stops at the first fault: for a station it is enough, and a hostile payload costs no more. */
export function checkPayload(
  protocol: Protocol,
  action: string,
  direction: Direction,
  payload: unknown,
  strictness: Strictness,
): PayloadCheck {
  const [first] = validate(protocol, action, direction, payload);
  if (first === undefined) return CLEAN;
  const { faults, deviations } =
    strictness === "lenient" ? checkLenient(protocol, action, direction, payload) : { faults: [first], deviations: [] };
  const [fault] = faults;
  if (fault === undefined) return { fault: null, deviations };
  return { fault: { kind: faultKind(fault), description: `${fault.path || "/"}: ${fault.message}` }, deviations: [] };
}

/** Every fault of a command's payload, at most 20, for whoever asked for it. `[]`: it may be sent. */
export function commandFaults(protocol: Protocol, action: string, payload: unknown): readonly CommandFault[] {
  if (!isCsmsAction(protocol, action)) {
    return [{ path: "/action", message: `no action that a CSMS calls in ${protocol}` }];
  }
  // One level is the frame's own.
  if (isDeeper(payload, NESTING_MAX - 1)) {
    return [{ path: "/payload", message: `nested deeper than ${NESTING_MAX - 1}` }];
  }
  if (JSON.stringify(payload).length > FRAME_MAX_LENGTH) {
    return [{ path: "/payload", message: `more than ${FRAME_MAX_LENGTH} characters` }];
  }
  return validate(protocol, action, "request", payload, MAX_FAULTS).map(({ path, message }) => ({
    path: `/payload${path}`,
    message,
  }));
}

export interface CommandFault {
  /** JSON pointer into `{ action, payload }`. */
  path: string;
  message: string;
}
