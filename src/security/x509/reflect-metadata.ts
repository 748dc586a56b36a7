/**
 * The few functions of the Reflect metadata proposal that @peculiar/x509's injector asks for at load.
 * Must be imported before it, and must not know certificates.
 */
type Target = object;

const metadata = new WeakMap<Target, Map<unknown, unknown>>();

function define(key: unknown, value: unknown, target: Target): void {
  const own = metadata.get(target) ?? new Map<unknown, unknown>();
  metadata.set(target, own.set(key, value));
}

function getOwn(key: unknown, target: Target): unknown {
  return metadata.get(target)?.get(key);
}

function get(key: unknown, target: Target): unknown {
  for (let owner: Target | null = target; owner !== null; owner = Object.getPrototypeOf(owner)) {
    const own = metadata.get(owner);
    if (own?.has(key)) return own.get(key);
  }
  return undefined;
}

// A real polyfill that somebody else loaded holds their metadata: leave it in place.
if (!("getMetadata" in Reflect)) {
  Object.assign(Reflect, { defineMetadata: define, getOwnMetadata: getOwn, getMetadata: get });
}
