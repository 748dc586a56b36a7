/**
 * The Worker with parts that are out of reach for some stations, by name, with a directory that it cannot ask who is
 * registered and a queue that never answers it. Must not change it for any other.
 */
import worker from "../../src/worker.ts";

export * from "../../src/worker.ts";

const lost = () => Promise.reject(Object.assign(new Error("Network connection lost."), { retryable: true }));
/** Whatever is asked of it; but it is no promise. */
const unreachable = new Proxy({}, { get: (_, name) => (name === "then" ? undefined : lost) });
const OBJECTS = {
  UNREACHABLE: unreachable,
  GARBLED: { fetch: async () => new Response("<html>", { status: 500 }) },
};
const environments = new WeakMap();

function faulty(env) {
  const STATION = {
    idFromName: (name) => env.STATION.idFromName(name),
    get: (id, options) => OBJECTS[id.name] ?? env.STATION.get(id, options),
  };
  const CONNECT_BY_STATION = {
    limit: ({ key }) => (key.startsWith("UNLIMITABLE|") ? lost() : env.CONNECT_BY_STATION.limit({ key })),
  };
  const DIRECTORY = {
    prepare: (query) =>
      query.includes("station_id IN") ? { bind: () => ({ all: lost }) } : env.DIRECTORY.prepare(query),
    batch: (statements) => env.DIRECTORY.batch(statements),
  };
  const CAMPAIGNS = { idFromName: (name) => env.CAMPAIGNS.idFromName(name), get: () => unreachable };
  const TRANSITIONS = { send: () => new Promise(() => {}) };
  return { ...env, STATION, CONNECT_BY_STATION, DIRECTORY, CAMPAIGNS, TRANSITIONS };
}

export default {
  ...worker,
  fetch(request, env, ctx) {
    if (!environments.has(env)) environments.set(env, faulty(env));
    return worker.fetch(request, environments.get(env), ctx);
  },
};
