/**
 * What comes of asking a CA for a certificate. Must not know which CA.
 */

export type IssuerOutcome = { kind: "given"; certificates: Uint8Array[] } | Later | Refused;

/** Asked again it may say another thing. */
export interface Later {
  kind: "later";
  reason: string;
  /** As it said itself. */
  afterMs?: number;
}

/** Asked again it would say the same. */
export interface Refused {
  kind: "refused";
  reason: string;
}

export const later = (reason: string, afterMs?: number): Later => ({
  ...{ kind: "later", reason },
  ...(afterMs !== undefined && { afterMs }),
});
export const refused = (reason: string): Refused => ({ kind: "refused", reason });

/** Characters of what a CA says that are repeated. */
const TEXT_MAX_LENGTH = 200;

/** Of an answer that is no certificate. A wrong key of ours, or a CA that is busy, is put right in time. */
export function outcomeOf(status: number, text: string): Later | Refused {
  const said = text.trim().slice(0, TEXT_MAX_LENGTH).toWellFormed();
  const reason = `the issuer answered ${status}${said === "" ? "" : `: ${said}`}`;
  const isFinal = status >= 400 && status < 500 && ![401, 403, 404, 408, 425, 429].includes(status);
  return isFinal ? refused(reason) : later(reason);
}
