/**
 * Where objects live: every namespace is asked for by way of the jurisdiction that a deployment is set to. Must not know what the
 * objects are.
 */
import { configOf } from "./config.ts";

/** Once made in one, an object of the same name in another is another object. Locally there are none, and asking for one throws. */
export function inJurisdiction<Namespace extends { jurisdiction(name: DurableObjectJurisdiction): Namespace }>(
  namespace: Namespace,
  env: object,
): Namespace {
  const { JURISDICTION, LOCAL } = configOf(env);
  return JURISDICTION === undefined || LOCAL ? namespace : namespace.jurisdiction(JURISDICTION);
}
