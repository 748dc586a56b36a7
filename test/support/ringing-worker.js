/**
 * The Worker with objects whose alarm can be rung at once and whose storage can be looked into, with a clock that can be set and a
 * directory that can be taken away. Must not change what they do.
 */
import worker, { ChargingStation as Real } from "../../src/worker.ts";
import { shiftClock } from "./shifted-date.js";

let aheadMs = 0;
let isDirectoryLost = false;
/** Whether lists of webhooks are held from now on, and the last of those that are. */
let isHolding = false;
let heldTo = 0;
let listed = 0;
let waiting = 0;
/** The next list of webhooks is this one, as another isolate may have it still. */
let oldList = null;
let lastList = null;
let keptList = null;
/** ms since the epoch of each station's alarm, in the clock that was set: to look wakes no object. */
const alarms = new Map();
const environments = new WeakMap();

function severable(env) {
  const { DIRECTORY, WEBHOOKS } = env;
  const lost = () => {
    throw new Error("D1_ERROR: out of reach");
  };
  const made = environments.get(env) ?? {
    ...env,
    DIRECTORY: {
      prepare: (query) => (isDirectoryLost ? lost() : DIRECTORY.prepare(query)),
      batch: (statements) => DIRECTORY.batch(statements),
    },
    WEBHOOKS: {
      idFromName: (name) => WEBHOOKS.idFromName(name),
      get: (id) => {
        const registry = WEBHOOKS.get(id);
        return new Proxy(registry, {
          get: (_, method) => (method === "list" ? () => listOf(registry) : (...given) => registry[method](...given)),
        });
      },
    },
  };
  environments.set(env, made);
  return made;
}

async function listOf(registry) {
  if (oldList !== null) {
    const list = oldList;
    oldList = null;
    return list;
  }
  const list = await registry.list(true);
  lastList = list;
  const number = ++listed;
  if (isHolding) heldTo = number;
  // No promise of one request may be waited for by another.
  waiting++;
  while (number <= heldTo) await new Promise((resolve) => setTimeout(resolve, 10));
  waiting--;
  return list;
}

export { WebhookRegistry } from "../../src/worker.ts";

export class ChargingStation extends Real {
  constructor(ctx, env) {
    const { storage } = ctx;
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (at) => {
      alarms.set(ctx.id.name, Number(at));
      return setAlarm(at);
    };
    super(ctx, severable(env));
  }

  /** As the runtime would: while its handler runs, an alarm is no longer set. */
  async ring() {
    alarms.delete(this.ctx.id.name);
    await this.ctx.storage.deleteAlarm();
    await super.alarm();
  }

  async crash() {
    await this.ctx.storage.sync();
    this.ctx.abort("crashed by a test");
  }

  loseOldest() {
    this.ctx.storage.sql.exec("DELETE FROM log WHERE sequence = (SELECT min(sequence) FROM log)");
  }

  /** As an older release left it: of certificates it had neither. */
  loseCertificates() {
    this.ctx.storage.sql.exec("DELETE FROM facts WHERE key IN ('certificate', '~certificates')");
  }

  /** The rows as an older release wrote them. */
  loseKeys() {
    this.ctx.storage.sql.exec(
      "UPDATE log SET data = '{' || substr(data, instr(data, ',') + 1) WHERE data LIKE '{\"key\":%'",
    );
  }

  async storage() {
    const { sql } = this.ctx.storage;
    const tables = sql.exec(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    const names = tables.toArray().map(({ name }) => name);
    const facts = names.includes("facts") ? sql.exec("SELECT key FROM facts").toArray() : [];
    const log = names.includes("log") ? sql.exec("SELECT sequence FROM log ORDER BY 1").toArray() : [];
    return {
      tables: names,
      facts: facts.map(({ key }) => key),
      sequences: log.map(({ sequence }) => sequence),
      alarmAt: await this.ctx.storage.getAlarm(),
    };
  }
}

export default {
  ...worker,
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const [, test, what] = pathname.split("/");
    if (test !== "test") return worker.fetch(request, severable(env), ctx);
    if (what === "sever") {
      isDirectoryLost = searchParams.get("lost") === "true";
      return Response.json({ isDirectoryLost });
    }
    if (what === "directory") {
      const { results } = await env.DIRECTORY.prepare("SELECT * FROM stations ORDER BY station_id").all();
      return Response.json(results);
    }
    if (what === "lists") {
      const are = searchParams.get("are");
      isHolding = are === "held";
      if (are === "let-go") heldTo = 0;
      if (are === "kept") keptList = lastList;
      if (are === "old") oldList = keptList;
      return Response.json({ waiting });
    }
    if (what === "clock") {
      aheadMs = Number(searchParams.get("aheadMs") ?? aheadMs) + Number(searchParams.get("forwardMs") ?? 0);
      shiftClock(aheadMs);
      return Response.json({ now: Date.now(), alarmAt: alarms.get(searchParams.get("station")) ?? null });
    }
    const station = env.STATION.get(env.STATION.idFromName(searchParams.get("station")));
    if (what === "ring") await station.ring();
    // It gives no answer any more.
    if (what === "crash") return Response.json(await station.crash().catch(() => "crashed"));
    if (what === "lose-oldest") await station.loseOldest();
    if (what === "lose-certificates") await station.loseCertificates();
    if (what === "lose-keys") await station.loseKeys();
    return Response.json(await station.storage());
  },
};
