/**
 * The Worker with a count of all that the platform would bill, and a clock that can be put forward so that a day passes
 * in seconds. Must not change what the objects do, nor know what the counts cost.
 */
import { LINK_TAG } from "../../../src/station/object/socket-tags.ts";
import worker, { ChargingStation as RealStation, WebhookRegistry as RealRegistry } from "../../../src/worker.ts";

/** All objects and the Worker are one isolate here, so one count serves them. */
const counts = {
  workerRequests: 0,
  objectRequests: 0,
  socketMessages: 0,
  wakes: 0,
  rowsWritten: 0,
  alarmsSet: 0,
  rowsRead: 0,
  queueMessages: 0,
  handOvers: 0,
  platformCalls: 0,
  deliveries: 0,
  receiverRounds: 0,
  awakeMs: 0,
};
const directory = { transitions: 0, rowsWritten: 0, rowsRead: 0, counterWrites: 0, counterRows: 0 };
/** ms since the epoch of each station's alarm, in the clock that was put forward. */
const alarms = new Map();
let aheadMs = 0;
/** Of the messages, those of the CSMS on its own socket. */
let linkMessages = 0;
let working = 0;
let awakeSince = 0;
let underway = 0;

const realNow = Date.now;
Date.now = () => realNow() + aheadMs;

function begin() {
  if (working++ === 0) awakeSince = performance.now();
}

function end() {
  if (--working === 0) counts.awakeMs += performance.now() - awakeSince;
}

/** Until it settles the object cannot hibernate. */
async function awake(work) {
  begin();
  try {
    return await work();
  } finally {
    end();
  }
}

const realFetch = globalThis.fetch;
globalThis.fetch = async (...given) => {
  // A CSMS takes in the measurement as long as it is said to take: its time is in `awakeMs`, not assumed.
  if (String(given[0]).endsWith("/csms")) return awake(() => realFetch(...given));
  counts.deliveries++;
  if (underway++ === 0) counts.receiverRounds++;
  try {
    return await realFetch(...given);
  } finally {
    underway--;
  }
};

const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
/** Those that have not run out: none of their objects hibernates meanwhile. */
const timers = new Set();
globalThis.setTimeout = (work, ...given) => {
  // Of an object's work: neither what the Worker waits for, nor what the local edge has in place of the platform's queue.
  if (working === 0 || new Error().stack.includes("LocalQueue.")) return realSetTimeout(work, ...given);
  begin();
  const timer = realSetTimeout(
    (...handed) => {
      try {
        work(...handed);
      } finally {
        over(timer);
      }
    },
    ...given,
  );
  timers.add(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  realClearTimeout(timer);
  over(timer);
};

function over(timer) {
  if (timers.delete(timer)) end();
}

const countingEnvs = new WeakMap();
function countingEnv(env) {
  const known = countingEnvs.get(env);
  if (known !== undefined) return known;
  const counting = {
    ...env,
    TRANSITIONS: {
      send: (message) => {
        counts.queueMessages++;
        if (message.stationId === undefined && message.counts !== undefined) counts.handOvers++;
        counts.platformCalls++;
        return awake(() => env.TRANSITIONS.send(message));
      },
    },
  };
  countingEnvs.set(env, counting);
  return counting;
}

function countStorage(ctx) {
  const { storage } = ctx;
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  sql.exec = (...given) => {
    const cursor = exec(...given);
    const toArray = cursor.toArray.bind(cursor);
    cursor.toArray = () => {
      const rows = toArray();
      counts.rowsWritten += cursor.rowsWritten;
      counts.rowsRead += cursor.rowsRead;
      return rows;
    };
    return cursor;
  };
  const setAlarm = storage.setAlarm.bind(storage);
  storage.setAlarm = (at) => {
    counts.alarmsSet++;
    alarms.set(ctx.id.name, Number(at));
    return setAlarm(at);
  };
  const waitUntil = ctx.waitUntil.bind(ctx);
  ctx.waitUntil = (work) => waitUntil(awake(() => work));
}

export class ChargingStation extends RealStation {
  constructor(ctx, env) {
    countStorage(ctx);
    super(ctx, countingEnv(env));
    counts.wakes++;
  }

  fetch(request) {
    counts.objectRequests++;
    return awake(() => super.fetch(request));
  }

  webSocketMessage(socket, frame) {
    counts.socketMessages++;
    if (this.ctx.getTags(socket).includes(LINK_TAG)) linkMessages++;
    return awake(() => super.webSocketMessage(socket, frame));
  }

  webSocketClose(socket, code, reason) {
    counts.socketMessages++;
    return awake(() => super.webSocketClose(socket, code, reason));
  }

  command(request, wait) {
    counts.objectRequests++;
    return awake(() => super.command(request, wait));
  }

  /** As the runtime would: while its handler runs, an alarm is no longer set. */
  async ring() {
    counts.objectRequests++;
    alarms.delete(this.ctx.id.name);
    await this.ctx.storage.deleteAlarm();
    await awake(() => super.alarm());
  }
}

export class WebhookRegistry extends RealRegistry {
  list() {
    counts.objectRequests++;
    counts.platformCalls++;
    const webhooks = super.list();
    counts.rowsRead += webhooks.length;
    return webhooks;
  }
}

function countingDatabase(database) {
  const real = new WeakMap();
  // The fleet's counters are one row, written once a batch however many stations are in it.
  const count = (done, query) => {
    const isCounters = query.startsWith("UPDATE metrics");
    if (isCounters) directory.counterWrites++;
    directory[isCounters ? "counterRows" : "rowsWritten"] += done.meta.rows_written;
    directory.rowsRead += done.meta.rows_read;
    return done;
  };
  const counting = (statement, query) => {
    const made = {
      bind: (...values) => counting(statement.bind(...values), query),
      run: async () => count(await statement.run(), query),
      all: async () => count(await statement.all(), query),
      first: (...column) => statement.first(...column),
    };
    real.set(made, { statement, query });
    return made;
  };
  return {
    prepare: (query) => counting(database.prepare(query), query),
    batch: async (statements) => {
      const all = statements.map((each) => real.get(each));
      const done = await database.batch(all.map(({ statement }) => statement));
      return done.map((each, index) => count(each, all[index].query));
    },
  };
}

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/measure/counts") {
      const id = searchParams.get("station");
      return Response.json({
        counts,
        directory,
        linkMessages,
        isQuiet: working === 0,
        alarmAt: alarms.get(id) ?? null,
      });
    }
    if (pathname === "/measure/clock") {
      aheadMs = Number(searchParams.get("aheadMs"));
      return new Response(null, { status: 204 });
    }
    if (pathname === "/measure/alarm") {
      await env.STATION.get(env.STATION.idFromName(searchParams.get("station"))).ring();
      return new Response(null, { status: 204 });
    }
    counts.workerRequests++;
    return worker.fetch(request, env, ctx);
  },
  async queue(batch, env) {
    await worker.queue(batch, { ...env, DIRECTORY: countingDatabase(env.DIRECTORY) });
    directory.transitions += batch.messages.length;
  },
};
