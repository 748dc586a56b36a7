/**
 * What of the audit is wanted, as the address has it. Must not know how it is asked for or shown.
 */
import type { AuditEntry } from "../../../client/kerbside.ts";

/** Kinds by what somebody looks for; a kind that is not in one is found by "Anything" alone. */
export const GROUPS: readonly (readonly [value: string, label: string])[] = [
  ["station.", "Registrations"],
  ["command.", "Commands"],
  ["campaign.", "Campaigns"],
  ["webhook.", "Webhooks"],
  ["security-upgrade.,password-rotation.", "Rotations and upgrades"],
  ["certificate.,crl.", "Revocations"],
  ["key.refused", "Refused to a key"],
];

export const isIn = (group: string, { kind }: AuditEntry): boolean =>
  group === "" || group.split(",").some((beginning) => kind.startsWith(beginning));

export interface AuditSpan {
  after?: string;
  before?: string;
}

/** @param query whose `from` and `until` are as a field of the browser has them, in its zone */
export function spanOf({ from = "", until = "" }: Readonly<Record<string, string>>): AuditSpan {
  const [after, before] = [isoOf(from), isoOf(until)];
  return { ...(after !== null && { after }), ...(before !== null && { before }) };
}

const isoOf = (text: string): string | null => {
  const at = text === "" ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
};
