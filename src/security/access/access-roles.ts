/**
 * Who of those that Cloudflare Access lets in may do what: the setting ACCESS_ROLES, and which of its roles fits. Must not know how a
 * token travels, nor whether it is genuine.
 */
import * as z from "zod/mini";
import { SCOPES } from "../api-key.ts";
import { fleetPartSchema } from "../fleet-part.ts";
import type { AccessClaims } from "./access-claims.ts";

/** Roles of a deployment. */
const ROLES_MAX = 100;
/** Characters of an address, a group, a claim's name or value. */
const TEXT_MAX_LENGTH = 254;
/** Names in a claim's path: `custom.department`. */
const PATH_MAX = 5;

const text = z.string().check(z.minLength(1), z.maxLength(TEXT_MAX_LENGTH));
const email = text.check(z.toLowerCase());
const claim = text.check(z.refine((path) => path.split(".").length <= PATH_MAX));
const rights = { scopes: z.array(z.enum(SCOPES)), stations: z.exactOptional(fleetPartSchema) };

export const accessRolesSchema = z
  .array(
    z.union(
      [
        z.strictObject({ email, ...rights }),
        z.strictObject({ group: text, ...rights }),
        z.strictObject({ claim, value: text, ...rights }),
      ],
      { error: 'each has "email", "group", or "claim" and "value"; "scopes", and maybe "stations"' },
    ),
  )
  .check(z.minLength(1), z.maxLength(ROLES_MAX));
export type AccessRole = z.infer<typeof accessRolesSchema>[number];

/** The first that fits; `null`: none, and so nothing may be done. */
export const roleOf = (claims: AccessClaims, roles: readonly AccessRole[]): AccessRole | null =>
  roles.find((role) => fits(role, claims)) ?? null;

function fits(role: AccessRole, claims: AccessClaims): boolean {
  if ("email" in role) return typeof claims.email === "string" && claims.email.toLowerCase() === role.email;
  // As an identity provider's claims come: Access passes them on by their names, or under `custom`.
  if ("group" in role) return ["groups", "custom.groups"].some((path) => holds(at(claims, path), role.group));
  // A name may have dots of its own, as those that are addresses do.
  const named = [claims, claims.custom].map((from) => ownOf(from, role.claim));
  return [at(claims, role.claim), ...named].some((value) => holds(value, role.value));
}

function at(claims: AccessClaims, path: string): unknown {
  let value: unknown = claims;
  for (const name of path.split(".")) value = ownOf(value, name);
  return value;
}

const ownOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** A text, one of several, or the name, id or e-mail of one. */
function holds(value: unknown, wanted: string): boolean {
  if (Array.isArray(value)) return value.some((each) => !Array.isArray(each) && holds(each, wanted));
  if (typeof value !== "object" || value === null) return value === wanted;
  return ["name", "id", "email"].some((name) => Object.hasOwn(value, name) && Reflect.get(value, name) === wanted);
}
