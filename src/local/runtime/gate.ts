/**
 * The local edge's entry module: the Worker behind a check that a request came through a front, since workerd's own port
 * is open to every process on the machine, and with the platform's services that are dear to simulate made cheap. Must not know
 * what the Worker does.
 */
import { DurableObject, waitUntil } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import type { FleetMessage } from "../../fleet/transition.ts";
import { log, messageOf } from "../../log.ts";
import { stationStub } from "../../station-stub.ts";
import { forgetWebhooks } from "../../webhooks/webhook-registry.ts";
import { isCampaignMessage } from "../../fleet/campaigns/campaign-outcome.ts";
import { takeOutcomes } from "../../fleet/campaigns/outcome-consumer.ts";
import worker, * as entry from "../../worker.ts";
import { type LocalMessage, LocalQueue, type QueueSettings } from "./local-queue.ts";
import { answerRegistry, sharedRegistry } from "./shared-registry.ts";
import { answerForStation, wholeFleet } from "./whole-fleet.ts";
import { withBodyToLeave } from "./body-to-leave.ts";
import { RateLimiter, type RateLimiterOptions } from "./rate-limiter.ts";

export * from "../../worker.ts";

interface LocalEnv extends Env {
  FRONT_SECRET: string;
  /** By the name of the binding. */
  RATE_LIMITS: Record<string, RateLimiterOptions>;
  QUEUES: Record<string, QueueSettings>;
  LOCAL_QUEUES: DurableObjectNamespace<QueueHost>;
  /** The way to the first of several workerd processes, where this is another one. */
  FIRST?: Fetcher;
  /** The same, for what became of a campaign's commands. */
  OUTCOMES?: Fetcher;
  /** The way to the others, and how many there are in all, where this is the first of several. */
  OTHERS?: Fetcher;
  SHARDS?: number;
}

const HEADER = "X-Kerbside-Front";
/** The station to look at after a start; the edge's own request, since the fronts pass no such header on. */
const LOOK_HEADER = "X-Kerbside-Look";
/** What the local edge itself asks: the fronts let no client say it. */
const LOCAL_HEADER = "X-Kerbside-Local";
const encoder = new TextEncoder();
/** One set for the whole isolate, whose objects and requests have an environment each. */
let services: Record<string, object> | null = null;
const queues = new Map<string, LocalQueue<FleetMessage>>();
/** The Worker keeps what it read out of an environment by that object. */
const environments = new WeakMap<object, Env>();

function withServices(env: LocalEnv): Env {
  const known = environments.get(env);
  if (known !== undefined) return known;
  services ??= makeServices(env);
  const made: Env = { ...env, ...services };
  environments.set(env, made);
  return made;
}

function makeServices(env: LocalEnv): Record<string, object> {
  const limiters = Object.entries(env.RATE_LIMITS).map(([name, options]) => [name, new RateLimiter(options, Date.now)]);
  for (const [name, settings] of Object.entries(env.QUEUES)) {
    const wake = () => waitUntil(env.LOCAL_QUEUES.getByName(name).drain(name));
    queues.set(name, new LocalQueue(settings, (messages) => consume(env, settings, messages), wake, Date.now));
  }
  const shared = env.FIRST === undefined ? {} : { WEBHOOKS: sharedRegistry(env.FIRST) };
  const fleet = env.OTHERS === undefined ? {} : wholeFleet(env, env.OTHERS, env.SHARDS ?? 1);
  return { ...Object.fromEntries([...limiters, ...queues]), ...shared, ...fleet };
}

async function consume(
  env: LocalEnv,
  { queueName }: QueueSettings,
  messages: readonly LocalMessage<FleetMessage>[],
): Promise<void> {
  const own = env.OUTCOMES === undefined ? messages : messages.filter(({ body }) => !isCampaignMessage(body));
  const batch = { queue: queueName, messages: own } as unknown as MessageBatch<FleetMessage>;
  if (own.length > 0) await worker.queue?.(batch, withServices(env));
  if (env.OUTCOMES !== undefined && own.length < messages.length)
    await passOn(
      env.OUTCOMES,
      messages.filter(({ body }) => isCampaignMessage(body)),
    );
}

/** The campaigns are the first one's. */
async function passOn(first: Fetcher, messages: readonly LocalMessage<FleetMessage>[]): Promise<void> {
  const body = JSON.stringify(messages.map((message) => message.body));
  const answer = await first.fetch("http://localhost/", { method: "POST", body }).catch((error: unknown) => error);
  if (answer instanceof Response && answer.ok) return;
  const reason =
    answer instanceof Response ? `${answer.status} ${(await answer.text()).slice(0, 200)}` : messageOf(answer);
  log("warn", "the first workerd did not take what became of campaigns' commands", {
    outcomes: messages.length,
    reason,
  });
  for (const message of messages) message.retry();
}

/** Drains the queues of this isolate in a context of its own. */
export class QueueHost extends DurableObject<LocalEnv> {
  async drain(name: string): Promise<void> {
    // Whoever asks does not wait for it.
    this.ctx.waitUntil(queues.get(name)?.drain() ?? Promise.resolve());
  }
}

/** A test's own Worker need not have it. */
const CampaignOf: new (state: DurableObjectState, env: Env) => object =
  (entry as Partial<typeof entry>).Campaign ?? class {};

export class Campaign extends CampaignOf {
  constructor(ctx: DurableObjectState, env: LocalEnv) {
    super(ctx, withServices(env));
  }
}

export class ChargingStation extends entry.ChargingStation {
  constructor(ctx: DurableObjectState, env: LocalEnv) {
    super(ctx, withServices(env));
  }
}

function isFromFront(request: Request, secret: string): boolean {
  const given = encoder.encode(request.headers.get(HEADER) ?? "");
  const wanted = encoder.encode(secret);
  // timingSafeEqual throws where lengths differ; the length is no secret.
  return given.byteLength === wanted.byteLength && crypto.subtle.timingSafeEqual(given, wanted);
}

/** Tells the front what the Worker said from what workerd says for itself. */
function ofWorker(response: Response): Response {
  try {
    response.headers.set(HEADER, "worker");
    return response;
  } catch {
    // What came from an object or another service cannot be changed.
    const same = new Response(response.body, response);
    same.headers.set(HEADER, "worker");
    return same;
  }
}

async function answerLocally(what: string, request: Request, env: LocalEnv): Promise<Response> {
  switch (what) {
    case "registry":
      return answerRegistry(request, env);
    case "station":
      return answerForStation(request, withServices(env));
    case "outcomes":
      await takeOutcomes(withServices(env), ((await request.json()) as unknown[]).filter(isCampaignMessage));
      return new Response(null, { status: 204 });
    case "minute":
    case "scheduled": {
      const cron = what === "minute" ? "* * * * *" : "*/5 * * * *";
      await worker.scheduled({ scheduledTime: Date.now(), cron, noRetry: () => {} }, withServices(env));
      return new Response(null, { status: 204 });
    }
    case "forget-webhooks":
      forgetWebhooks();
      return new Response(null, { status: 204 });
    default:
      return new Response(null, { status: 404 });
  }
}

export default {
  ...worker,
  async fetch(request: Parameters<NonNullable<typeof worker.fetch>>[0], env: LocalEnv, ctx: ExecutionContext) {
    if (!isFromFront(request, env.FRONT_SECRET))
      return new Response("Use the local edge's own ports.\n", { status: 403 });
    const station = request.headers.get(LOOK_HEADER);
    if (station !== null) {
      const stub = stationStub(withServices(env), decodeURIComponent(station));
      await (request.headers.get(LOCAL_HEADER) === "list" ? stub.list() : stub.lookAt());
      return new Response(null, { status: 204 });
    }
    const local = request.headers.get(LOCAL_HEADER);
    if (local !== null) return answerLocally(local, request, env);
    const { inner, takeRest } = withBodyToLeave(request);
    inner.headers.delete(HEADER);
    inner.headers.delete("MF-CF-Blob");
    const response = await worker.fetch(inner as typeof request, withServices(env), ctx);
    // An answer may itself be made of the body.
    if (response.body !== inner.body) await takeRest();
    return response.webSocket === null ? ofWorker(response) : response;
  },
};
