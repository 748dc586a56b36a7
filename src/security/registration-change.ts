/**
 * Whether a changed registration ends the connection that was let in by the one before. Must not know sockets or storage.
 */
import type { Strictness } from "../ocpp/strictness.ts";
import type { Registration } from "./admission.ts";

/** When a change counts: with the next connection, or at once; `null`: nobody said. */
export type Apply = "next-connect" | "now" | null;

/** What is looked at when a station connects, and never again. */
type LookedAt = Registration & { validation?: Strictness };

/** @param liveProfile of the connection that is there */
export function endsConnection(before: LookedAt, after: LookedAt, apply: Apply, liveProfile: number): boolean {
  switch (apply) {
    case "next-connect":
      return false;
    case "now":
      return after.securityProfile > liveProfile || lookedAt(before) !== lookedAt(after);
    case null:
      // [OCPP 2.x A05] Whoever demands more does not mean the connection that has shown less to go on for months.
      return after.securityProfile > Math.max(before.securityProfile, liveProfile);
  }
}

const lookedAt = (registration: LookedAt): string => {
  const { securityProfile, password, formerPassword, certificate, protocols, assumeProtocol, validation } =
    registration;
  return JSON.stringify([
    securityProfile,
    password,
    formerPassword,
    certificate,
    protocols,
    assumeProtocol,
    validation,
  ]);
};
