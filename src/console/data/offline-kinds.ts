/**
 * How a connection ended, in words for people. Must not know which stations are off.
 */
import type { OfflineKind } from "../../client/fleet/station-list.ts";

export const OFFLINE_KINDS: Readonly<Record<OfflineKind, string>> = {
  lost: "lost",
  silent: "silent",
  station: "closed by the station",
  operator: "disconnected by an operator",
  "certificate-expired": "certificate expired",
  "certificate-revoked": "certificate revoked",
  "registration-changed": "registration changed",
  superseded: "superseded",
  "too-many-messages": "too many messages",
  unreadable: "unreadable",
  never: "never connected",
  unknown: "not known",
};

/** A newer Kerbside may say others. */
export const offlineKindName = (kind: string): string => OFFLINE_KINDS[kind as OfflineKind] ?? kind;
