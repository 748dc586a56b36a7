/**
 * The Worker with a recorder between it and the stations' objects, through which what another release's Worker or object said can be
 * said again. Must know no more of the Worker than its exports and bindings: it records earlier releases too.
 */
import worker, { ChargingStation as Station, WebhookRegistry as Registry } from "../../src/worker.ts";

export { Registry as WebhookRegistry };

let calls = [];
let queued = [];
/** What an upgrade of a test is to say to the object, in place of what this Worker would. */
let connectHeaders = null;
/** What the registry answers, where a test says so. */
let registryList = null;

const asJson = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
// Or whoever awaits it would take it for a promise.
const stub = (answer) =>
  new Proxy({}, { get: (_, name) => (name === "then" ? undefined : (...args) => answer(name, args)) });
const upgradeOf = ([url, init]) => {
  // As the first releases had it: a request of its own.
  if (init === undefined) return [];
  const [[name, value]] = Object.entries(init.headers).filter(([each]) => each !== "upgrade");
  return [url, { [name]: JSON.parse(decodeURIComponent(value)) }];
};
const argsOf = (method, args) => asJson(method === "fetch" ? upgradeOf(args) : args);

const environments = new WeakMap();
function within(env) {
  const known = environments.get(env);
  if (known !== undefined) return known;
  const { STATION, TRANSITIONS, WEBHOOKS } = env;
  const recorded = (real) => async (method, args) => {
    const call = { method, args: argsOf(method, args) };
    const answer = await real[method](...args);
    calls.push(call);
    if (method !== "fetch") call.answer = asJson(answer);
    else call.answer = { status: answer.status, body: answer.status === 101 ? null : await answer.clone().json() };
    return answer;
  };
  const made = {
    ...env,
    STATION: {
      idFromName: (name) => STATION.idFromName(name),
      get: (id, options) => stub(recorded(STATION.get(id, options))),
    },
    TRANSITIONS: {
      send: (message, ...more) => {
        queued.push(asJson(message));
        return TRANSITIONS.send(message, ...more);
      },
    },
    WEBHOOKS: {
      idFromName: (name) => WEBHOOKS.idFromName(name),
      get: (id) => {
        const real = WEBHOOKS.get(id);
        return stub(async (method, args) => (method === "list" && registryList) || real[method](...args));
      },
    },
  };
  environments.set(env, made);
  return made;
}

export class ChargingStation extends Station {
  constructor(ctx, env) {
    super(ctx, within(env));
  }

  formatsAttachment() {
    return this.ctx.getWebSockets().flatMap((socket) => asJson(socket.deserializeAttachment()) ?? []);
  }

  formatsAttach(attachment) {
    for (const socket of this.ctx.getWebSockets())
      if (socket.deserializeAttachment()) socket.serializeAttachment(attachment);
  }

  formatsRows() {
    const { sql } = this.ctx.storage;
    return { facts: sql.exec("SELECT * FROM facts").toArray(), log: sql.exec("SELECT * FROM log").toArray() };
  }

  formatsRun(query, values) {
    this.ctx.storage.sql.exec(query, ...values);
  }
}

/** This Worker, with an object of another release behind it, that says what was recorded. */
async function asked(env, ctx, { request, answers }) {
  const made = [];
  const left = [...answers];
  const station = stub(async (method, args) => {
    made.push({ method, args: argsOf(method, args) });
    const at = left.findIndex((each) => each.method === method);
    // As the platform says it.
    if (at === -1) throw new TypeError(`The RPC receiver does not implement the method "${method}".`);
    const [{ answer }] = left.splice(at, 1);
    if (method !== "fetch") return answer;
    if (answer.status !== 101) return Response.json(answer.body, { status: answer.status });
    return new Response(null, { status: 101, webSocket: new WebSocketPair()[0] });
  });
  const { path, ...init } = request;
  const STATION = { idFromName: (name) => env.STATION.idFromName(name), get: () => station };
  const response = await worker.fetch(new Request(`http://localhost${path}`, init), { ...env, STATION }, ctx);
  response.webSocket?.accept();
  const text = response.status === 101 ? "" : await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text), calls: made };
}

async function consumed(env, bodies) {
  const again = [];
  const messages = bodies.map((body) => ({ body, attempts: 1, ack: () => {}, retry: () => again.push(body) }));
  await worker.queue({ messages }, env);
  return again;
}

export default {
  ...worker,
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/ocpp/") && connectHeaders !== null) {
      const [, , id] = url.pathname.split("/");
      const headers = { upgrade: "websocket", ...connectHeaders };
      connectHeaders = null;
      return within(env).STATION.get(env.STATION.idFromName(id)).fetch("https://station/connect", { headers });
    }
    const [, formats, what] = url.pathname.split("/");
    if (formats !== "formats") return worker.fetch(request, within(env), ctx);
    const given = request.method === "POST" ? await request.json() : {};
    const station = () => env.STATION.get(env.STATION.idFromName(url.searchParams.get("station")));
    switch (what) {
      case "recorded": {
        const recorded = { calls, queued };
        calls = [];
        queued = [];
        return Response.json(recorded);
      }
      case "attachment":
        return Response.json(await station().formatsAttachment());
      case "attach":
        return Response.json(asJson(await station().formatsAttach(given)));
      case "rows":
        return Response.json(await station().formatsRows());
      case "run":
        return Response.json(asJson(await station().formatsRun(given.query, given.values)));
      case "call":
        return Response.json(
          asJson(
            await within(env)
              .STATION.get(station().id)
              [given.method](...given.args),
          ),
        );
      case "connect-as":
        connectHeaders = Object.fromEntries(
          Object.entries(given).map(([name, value]) => [name, encodeURIComponent(JSON.stringify(value))]),
        );
        return Response.json(null);
      case "webhooks":
        return Response.json(await env.WEBHOOKS.get(env.WEBHOOKS.idFromName("fleet")).list());
      case "registry":
        registryList = given.list;
        return Response.json(null);
      case "asked":
        return Response.json(await asked(env, ctx, given));
      case "consumed":
        return Response.json(await consumed(env, given));
      default:
        return Response.json(null, { status: 404 });
    }
  },
};
