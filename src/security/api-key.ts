/**
 * API keys of backends: a bearer token to the scopes it has, and the part of the fleet they are for. Must not know routes or HTTP.
 */
import * as z from "zod/mini";
import { type FleetPart, fleetPartSchema, labelsWithin, type Reach } from "./fleet-part.ts";
import { equalInConstantTime, fromHex } from "./password.ts";

/** [interface.md §2] Keys are made once for all that a deployment will have: a scope whose routes come later is one already. */
export const SCOPES = [
  "stations:read",
  "stations:write",
  "commands:write",
  "webhooks:write",
  "metrics:read",
  "messages:read",
  "messages:unmasked",
  "campaigns:write",
  "csms:connect",
  "audit:read",
  "pki:write",
] as const;
export type Scope = (typeof SCOPES)[number];

/** The secret `API_KEYS`: only hashes of keys are ever stored. */
export const apiKeysSchema = z.array(
  z.strictObject({
    name: z.string().check(z.minLength(1), z.maxLength(100)),
    sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/i, "64 hex digits: the SHA-256 of the key")),
    scopes: z.array(z.enum(SCOPES)),
    stations: z.exactOptional(fleetPartSchema),
  }),
);
export type ApiKey = z.infer<typeof apiKeysSchema>[number];

/** Who calls: by an API key, or by what Cloudflare Access says. */
export interface Caller {
  /** What it does is told by this. */
  name: string;
  kind: "key" | "access";
  scopes: readonly Scope[];
  stations?: FleetPart;
}

/** [interface.md §2] All else is not there for it. */
export const reachOf = ({ stations }: Pick<Caller, "stations">): Reach => stations ?? "all";

/** The labels that a station must have for it: those of a station can change, its identity cannot. */
export function boundOf(caller: Pick<Caller, "stations">): { labels?: Record<string, string> } {
  const labels = labelsWithin(reachOf(caller));
  return labels.length === 0 ? {} : { labels: Object.fromEntries(labels) };
}

/** The key that this token is, `null` if none. Every key is compared, so that time tells nothing. */
export async function findApiKey(token: string, keys: readonly ApiKey[]): Promise<ApiKey | null> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
  let found: ApiKey | null = null;
  for (const key of keys) {
    if (equalInConstantTime(digest, hashOf(key))) found = key;
  }
  return found;
}

/** Read once, not at every request. */
const hashes = new WeakMap<ApiKey, Uint8Array>();

function hashOf(key: ApiKey): Uint8Array {
  const known = hashes.get(key) ?? fromHex(key.sha256);
  hashes.set(key, known);
  return known;
}
