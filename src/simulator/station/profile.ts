/**
 * The security profiles by the names that a command line uses, and what a fleet is mixed from. Must not know how a
 * station proves who it is.
 */
import type { Protocol } from "../../ocpp/protocol.ts";

export const PROFILES = ["mtls", "tls", "basic", "none"] as const;
export type Profile = (typeof PROFILES)[number];

/** OCPP's own numbers. */
export const SECURITY_PROFILE: Record<Profile, 0 | 1 | 2 | 3> = { none: 0, basic: 1, tls: 2, mtls: 3 };

export interface Mix {
  profile: Profile;
  protocol: Protocol;
}

/** Every profile with every protocol, neighbours differing in both, so that a small fleet has some of each. */
export function mixesOf(profiles: readonly Profile[], protocols: readonly Protocol[]): Mix[] {
  return protocols.flatMap((_, shift) =>
    profiles.map((profile, index) => ({
      profile,
      protocol: protocols[(index + shift) % protocols.length] as Protocol,
    })),
  );
}
