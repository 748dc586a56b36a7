/**
 * Who calls by way of Cloudflare Access: the person, or the service, that its token names, with the rights of the role that fits. Must
 * not know API keys or routes.
 */
import type { Config } from "../../config.ts";
import { log, messageOf } from "../../log.ts";
import { faultOfClaims, nameOfClaims } from "../../security/access/access-claims.ts";
import { roleOf } from "../../security/access/access-roles.ts";
import type { Caller } from "../../security/api-key.ts";
import { AccessKeys } from "./access-keys.ts";
import { isSignedBy, readAssertion } from "./assertion.ts";

/** Set by Cloudflare in front of an Access application; whoever reaches the Worker by another way may write it, hence the signature. */
export const ASSERTION = "Cf-Access-Jwt-Assertion";

/** By team: the setting stays what it is while an isolate lives. */
const keys = new Map<string, AccessKeys>();

/** Whether Access is set up: then it is by all three (config.ts). */
export const isSetUp = ({ ACCESS_TEAM_DOMAIN }: Config): boolean => ACCESS_TEAM_DOMAIN !== undefined;

/** `null`: the token lets nobody in. @throws {KeysUnreachable} where that cannot be told */
export async function accessCaller(config: Config, token: string, now: number): Promise<Caller | null> {
  const { ACCESS_TEAM_DOMAIN: team, ACCESS_AUD: audiences, ACCESS_ROLES: roles = [] } = config;
  if (team === undefined) return null;
  const assertion = readAssertion(token);
  if (assertion === null) return refused("malformed");
  const known = keys.get(team) ?? new AccessKeys(team, (url, init) => fetch(url, init));
  keys.set(team, known);
  const key = await known.find(assertion.kid, now);
  if (key === null) return refused("unknown-key");
  if (!(await isSignedBy(key, assertion).catch(() => false))) return refused("signature");
  const { claims } = assertion;
  const fault = faultOfClaims(claims, { issuer: `https://${team}`, audiences }, now);
  const name = nameOfClaims(claims);
  if (fault !== null || name === null) return refused(fault ?? "nameless");
  const role = roleOf(claims, roles);
  // Let in and allowed nothing: what it lacks is told by the scope that a route takes.
  return {
    ...{ name, kind: "access", scopes: role?.scopes ?? [] },
    ...(role?.stations !== undefined && { stations: role.stations }),
  };
}

function refused(reason: string): null {
  log("warn", "a token of Access lets nobody in", { reason });
  return null;
}

export const tellUnreachable = (error: unknown): void =>
  log("error", "the keys of Access cannot be had", { reason: messageOf(error) });
