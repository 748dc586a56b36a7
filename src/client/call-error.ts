/**
 * OCPP's CALLERROR as an error. Must not know who throws it.
 */

/** [OCPP-J 1.6 §4.2.3, 2.x P4 §4.2.3] */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: string;
  readonly description: string;
  readonly details: Record<string, unknown>;

  /** @param code one of the version's: `NotImplemented`, `NotSupported`, `InternalError`, `GenericError`, … */
  constructor(code: string, description = "", details: Record<string, unknown> = {}) {
    super(`${code}: ${description}`);
    this.code = code;
    this.description = description;
    this.details = details;
  }

  /** Of whatever was thrown: what is none says nothing of itself to a station. */
  static of(error: unknown): CallError {
    return error instanceof CallError ? error : new CallError("InternalError", "the CSMS failed");
  }
}
