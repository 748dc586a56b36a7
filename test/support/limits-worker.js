/**
 * The Worker with the platform's limits that local workerd does not have: rows and parameters of 2 MB, six connections of an object
 * that wait for an answer, a clock that can be set, and parts that are overloaded or out of reach when a test says so. Must not change anything else.
 */
import worker, { ChargingStation as Station, WebhookRegistry as Registry } from "../../src/worker.ts";
import { shiftAlarms, shiftClock } from "./shifted-date.js";

const ROW_MAX_BYTES = 2_000_000;
const STATEMENT_MAX_BYTES = 100_000;
const PARAMETERS_MAX = 100;
const CONNECTIONS_MAX = 6;
/** What a test asks for. */
const faults = { registry: false, "registry-away": false, directory: false, queue: false, disk: false };
const seen = { registryAsks: 0, connections: 0, connectionsMost: 0, waited: 0, largestParameter: 0 };
const encoder = new TextEncoder();
const bytesOf = (value) =>
  typeof value === "string" ? encoder.encode(value).length : value instanceof ArrayBuffer ? value.byteLength : 8;

function checkSizes(statement, values) {
  const sizes = values.map(bytesOf);
  seen.largestParameter = Math.max(seen.largestParameter, ...sizes);
  // As SQLite says it, on the platform too.
  if (sizes.reduce((sum, each) => sum + each, 0) > ROW_MAX_BYTES)
    throw new Error("string or blob too big: SQLITE_TOOBIG");
  if (bytesOf(statement) > STATEMENT_MAX_BYTES) throw new Error("statement too long: SQLITE_TOOBIG");
  if (values.length > PARAMETERS_MAX) throw new Error("too many SQL variables: SQLITE_ERROR");
}

let isPatched = false;
function patch(sql) {
  if (isPatched) return;
  isPatched = true;
  const prototype = Object.getPrototypeOf(sql);
  const { exec } = prototype;
  prototype.exec = function (query, ...bindings) {
    checkSizes(query, bindings);
    if (faults.disk && !/^\s*SELECT/.test(query)) throw new Error("database or disk is full: SQLITE_FULL");
    return exec.call(this, query, ...bindings);
  };
}

/** One object alone delivers in a test that counts connections: those of the isolate are its own. */
const waiting = [];
const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  if (seen.connections >= CONNECTIONS_MAX) {
    seen.waited++;
    await new Promise((resolve, reject) => {
      waiting.push(resolve);
      init?.signal?.addEventListener("abort", () => reject(init.signal.reason));
    });
  }
  seen.connections++;
  seen.connectionsMost = Math.max(seen.connectionsMost, seen.connections);
  try {
    return await realFetch(input, init);
  } finally {
    seen.connections--;
    waiting.shift()?.();
  }
};

const unreachable = () => Promise.reject(new Error("D1_ERROR: out of reach"));

function limited(statement, query, values) {
  const checked = (method) => async () => {
    if (faults.directory) return unreachable();
    try {
      checkSizes(query, values);
    } catch (error) {
      throw new Error(`D1_ERROR: ${error.message}`);
    }
    return statement[method]();
  };
  return {
    statement,
    bind: (...given) => limited(statement.bind(...given), query, given),
    all: checked("all"),
    run: checked("run"),
    first: checked("first"),
  };
}

/** What a request that waits for a command of these hears of an object that is replaced meanwhile, once a test says so. */
const isReplaced = (id) => id.startsWith("REPLACED-");
const replaced = new Set();

const environments = new WeakMap();
function within(env) {
  const known = environments.get(env);
  if (known !== undefined) return known;
  const { DIRECTORY, TRANSITIONS, WEBHOOKS } = env;
  const registry = {
    list: async () => {
      seen.registryAsks++;
      if (faults["registry-away"]) throw new Error("Network connection lost.");
      if (faults.registry) throw Object.assign(new Error("Durable Object is overloaded."), { overloaded: true });
      return WEBHOOKS.get(WEBHOOKS.idFromName("fleet")).list();
    },
  };
  const { STATION } = env;
  const made = {
    ...env,
    STATION: {
      idFromName: (name) => STATION.idFromName(name),
      get: (id, options) => {
        const stub = STATION.get(id, options);
        if (!isReplaced(id.name)) return stub;
        const command = async (...given) => {
          await stub.command(...given);
          // Not by a promise: one of another request would be none of this one's.
          while (!replaced.has(id.name)) await new Promise((resolve) => setTimeout(resolve, 20));
          throw new Error("Durable Object reset because its code was updated.");
        };
        const method = (name) => (name === "command" ? command : (...given) => stub[name](...given));
        // Or whoever awaits it would take it for a promise.
        return new Proxy(stub, { get: (_, name) => (name === "then" ? undefined : method(name)) });
      },
    },
    DIRECTORY: {
      prepare: (query) => limited(DIRECTORY.prepare(query), query, []),
      batch: (statements) =>
        faults.directory ? unreachable() : DIRECTORY.batch(statements.map(({ statement }) => statement)),
    },
    TRANSITIONS: {
      send: (...message) =>
        faults.queue ? Promise.reject(new Error("the queue is away")) : TRANSITIONS.send(...message),
    },
    WEBHOOKS: {
      idFromName: (name) => WEBHOOKS.idFromName(name),
      get: (id) =>
        new Proxy(registry, {
          get: (_, method) => registry[method] ?? ((...given) => WEBHOOKS.get(id)[method](...given)),
        }),
    },
  };
  environments.set(env, made);
  return made;
}

export class WebhookRegistry extends Registry {}

export class ChargingStation extends Station {
  constructor(ctx, env) {
    patch(ctx.storage.sql);
    shiftAlarms(ctx.storage);
    super(ctx, within(env));
  }

  /** As where it is replaced: neither the request that waits here nor its timer goes on. */
  command(...given) {
    if (!isReplaced(this.ctx.id.name)) return super.command(...given);
    const { setTimeout } = globalThis;
    globalThis.setTimeout = () => 0;
    super.command(...given);
    globalThis.setTimeout = setTimeout;
    return null;
  }

  async ring() {
    await this.ctx.storage.deleteAlarm();
    await super.alarm();
  }

  async alarmAt() {
    return this.ctx.storage.getAlarm();
  }
}

export default {
  ...worker,
  queue: (batch, env, ctx) => worker.queue(batch, within(env), ctx),
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const [, test, what] = pathname.split("/");
    if (test !== "test") return worker.fetch(request, within(env), ctx);
    const station = () => env.STATION.get(env.STATION.idFromName(searchParams.get("station")));
    if (what === "fault") faults[searchParams.get("of")] = searchParams.get("on") === "true";
    if (what === "forget") Object.assign(seen, { registryAsks: 0, connectionsMost: 0, waited: 0, largestParameter: 0 });
    if (what === "clock") shiftClock(Number(searchParams.get("aheadMs")));
    if (what === "replaced") replaced.add(searchParams.get("station"));
    if (what === "garble") await env.DIRECTORY.prepare("UPDATE stations SET online = 0").run();
    if (what === "unlist")
      await env.DIRECTORY.prepare("DELETE FROM stations WHERE station_id = ?1").bind(searchParams.get("station")).run();
    if (what === "ghost")
      await env.DIRECTORY.prepare(
        `INSERT INTO stations (station_id, at, incarnation, sequence, deregistered, labels, online, undelivered, search_text)
         VALUES ('GHOST', 1, 'gone', 5, 0, '{}', 1, 0, 'ghost')`,
      ).run();
    if (what === "a-day-on") {
      const mark = JSON.stringify({ since: 0, after: null });
      await env.DIRECTORY.prepare("INSERT OR REPLACE INTO fleet_marks VALUES ('reconciled', ?1)").bind(mark).run();
      await worker.scheduled({ scheduledTime: Date.now(), cron: "" }, within(env), ctx);
    }
    if (what === "say-again") await env.TRANSITIONS.send({ sayAgainAfter: "" });
    if (what === "ring") await station().ring();
    if (what === "alarm") return Response.json({ alarmAt: await station().alarmAt() });
    return Response.json(seen);
  },
};
