/**
 * What the API refuses, as an error that can be told apart by its slug. Must not know how it came.
 */

/** Behind `/problems/` in a problem's type. */
export type KnownProblem =
  | "malformed-json"
  | "no-common-subprotocol"
  | "illegal-identity"
  | "unauthorized"
  | "missing-scope"
  | "bound-key"
  | "cross-site"
  | "https-required"
  | "not-found"
  | "station-not-found"
  | "method-not-allowed"
  | "command-not-found"
  | "campaign-not-found"
  | "campaign-ended"
  | "crl-not-found"
  | "revocation-not-found"
  | "revoked-for-good"
  | "webhook-not-found"
  | "operation-not-found"
  | "operation-under-way"
  | "operation-not-applicable"
  | "operation-ended"
  | "station-offline"
  | "station-not-accepted"
  | "idempotency-conflict"
  | "command-not-queued"
  | "too-many-webhooks"
  | "body-too-large"
  | "unsupported-content-encoding"
  | "invalid-request"
  | "too-many-attempts"
  | "upgrade-required"
  | "too-many-observers"
  | "queue-full"
  | "internal-error"
  | "unavailable";
/** A newer Kerbside may say others. */
export type ProblemSlug = KnownProblem | (string & {});

/** Where a request is not valid. */
export interface Fault {
  /** JSON pointer into the body, or to a parameter of the query; the name of a header, or of a part of the path. */
  path: string;
  message: string;
}

/** [RFC 9457] Thrown for every answer that is a problem; what it means and what to do is told at its `type`. */
export class KerbsideProblem extends Error {
  override readonly name = "KerbsideProblem";
  readonly status: number;
  readonly slug: ProblemSlug;
  readonly title: string;
  readonly detail: string;
  readonly faults: readonly Fault[];
  /** By which the log of Kerbside knows this request. */
  readonly requestId: string | null;

  constructor(body: ProblemBody, status: number, requestId: string | null) {
    const { type = "", title = "", detail = "", errors = [] } = body;
    const where = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
    super(`${status} ${type}: ${detail}${where === "" ? "" : ` (${where})`}`);
    this.status = status;
    this.slug = type.replace("/problems/", "");
    this.title = title;
    this.detail = detail;
    this.faults = errors;
    this.requestId = requestId;
  }
}

export interface ProblemBody {
  type?: string;
  title?: string;
  detail?: string;
  errors?: Fault[];
}

/** Thrown where no answer came, or one that is none of Kerbside's; what was asked may have been done. */
export class KerbsideUnreachable extends Error {
  override readonly name = "KerbsideUnreachable";
}
