/**
 * What a key is, as the key itself may ask. Must not know how requests travel.
 */
export type Scope =
  | "stations:read"
  | "stations:write"
  | "commands:write"
  | "webhooks:write"
  | "metrics:read"
  | "messages:read"
  | "messages:unmasked"
  | "campaigns:write"
  | "csms:connect"
  | "audit:read"
  | "pki:write";

/** Beginning of the identities, or labels that a station must have. */
export type FleetPart = { prefix: string } | { label: Record<string, string> };

export interface KeyView {
  name: string;
  /** `access`: by Cloudflare Access, and `name` is who it let in. */
  kind: "key" | "access";
  scopes: Scope[];
  /** `null`: the whole fleet. */
  stations: FleetPart | null;
}
