/**
 * Whether a changed registration ends the connection that was let in by the one before. Must not know sockets or storage.
 */
import type { Strictness } from "../ocpp/strictness.ts";
import type { Registration } from "./admission.ts";

/** When a change counts: with the next connection, or at once; `null`: nobody said. */
export type Apply = "next-connect" | "now" | null;

/** What is looked at when a station connects, and never again. */
type LookedAt = Registration & { validation?: Strictness };

/** The connection that is there. */
export interface Live {
  securityProfile: number;
  /** `admissionRevision` of the registration that it was let in by, which need not be the one before. */
  admissionRevision?: number;
}

type Revised = Pick<Registration, "securityProfile"> & Pick<Live, "admissionRevision">;

export function endsConnection(before: Revised, after: Revised, apply: Apply, live: Live): boolean {
  switch (apply) {
    case "next-connect":
      return false;
    case "now":
      return (
        after.securityProfile > live.securityProfile || (after.admissionRevision ?? 0) !== (live.admissionRevision ?? 0)
      );
    case null:
      // [OCPP 2.x A05] Whoever demands more does not mean the connection that has shown less to go on for months.
      return after.securityProfile > Math.max(before.securityProfile, live.securityProfile);
  }
}

/** How often a registration has changed in what is looked at, once `after` stands in the place of `before`. */
export const admissionRevision = (before: LookedAt & Pick<Live, "admissionRevision">, after: LookedAt): number =>
  (before.admissionRevision ?? 0) + (lookedAt(before) === lookedAt(after) ? 0 : 1);

const lookedAt = (registration: LookedAt): string => {
  const {
    securityProfile,
    password,
    formerPassword,
    formerPasswords,
    certificate,
    protocols,
    assumeProtocol,
    validation,
  } = registration;
  return JSON.stringify([
    securityProfile,
    password,
    formerPassword,
    // Left out where there are none: what was looked at before is the same.
    ...(formerPasswords === undefined ? [] : [formerPasswords]),
    certificate,
    protocols,
    assumeProtocol,
    validation,
  ]);
};
