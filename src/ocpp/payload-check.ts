/**
 * Is a payload what its version says, by the strictness that was asked for? The one place that joins schemas to the
 * session; must not know who sent the payload or what happens to it.
 */
import { isCsmsAction, isTransactional } from "./actions.ts";
import type { FaultKind } from "./error-codes.ts";
import { type Call, FRAME_MAX_LENGTH, isDeeper, isPayload, NESTING_MAX, type Skipped } from "./message.ts";
import type { Protocol } from "./protocol.ts";
import { checkLenient, type Deviation, type Direction, faultKind, MAX_FAULTS, validate } from "./schemas/validate.ts";
import type { Strictness } from "./strictness.ts";

export interface PayloadCheck {
  /** The first fault; `null`: it may pass. */
  fault: PayloadFault | null;
  /** What lenient let pass, at most 20. */
  deviations: readonly Deviation[];
}

export interface PayloadFault {
  kind: FaultKind;
  /** `path: what is wrong there`. */
  description: string;
  /** JSON pointer into the payload; "" is the payload, or the whole message. */
  path: string;
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
    strictness === "strict" ? { faults: [first], deviations: [] } : checkLenient(protocol, action, direction, payload);
  const [fault] = faults;
  if (fault === undefined) return { fault: null, deviations };
  if (direction === "request" && isForwarded(strictness, action, payload)) {
    const forwarded = faults.map(({ path, message }): Deviation => ({ path, kind: "forwarded", message }));
    return { fault: null, deviations: [...forwarded, ...deviations].slice(0, MAX_FAULTS) };
  }
  const { path, message } = fault;
  return { fault: { kind: faultKind(fault), description: `${path || "/"}: ${message}`, path }, deviations: [] };
}

/** [1.6 §4.7, 4.8, 2.x E04] A station drops what is refused: with a transaction's message that is money. */
function isForwarded(strictness: Strictness, action: string, payload: unknown): boolean {
  if (strictness !== "forward") return false;
  if (isTransactional(action)) return true;
  return action === "MeterValues" && isPayload(payload) && payload.transactionId !== undefined;
}

/** A CALL or SEND as it came: its payload, and what was found when the frame was read. */
export function checkReceived(protocol: Protocol, call: Omit<Call, "type">, strictness: Strictness): PayloadCheck {
  const { action, payload, unfit, skipped } = call;
  if (unfit !== undefined && !isForwarded(strictness, action, payload)) return { fault: unfit, deviations: [] };
  const { fault, deviations } = checkPayload(protocol, action, "request", payload, strictness);
  const passed: Deviation[] = unfit ? [{ path: unfit.path, kind: "forwarded", message: unfit.description }] : [];
  return { fault, deviations: [...skippedAround(skipped), ...passed, ...deviations] };
}

/** What stood around a frame, as deviations: [RFC 8259 §2, §8.1] neither is JSON's. */
export const skippedAround = (skipped: readonly Skipped[] = []): Deviation[] =>
  skipped.map((kind) => ({ path: "", kind, message: "was skipped around the message" }));

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
