/**
 * The one home of webhook subscriptions, and the cache through which station objects read them. Must not know stations.
 */
import { DurableObject, waitUntil } from "cloudflare:workers";
import type { Subscriptions, Webhook } from "../delivery/outbox.ts";
import { inJurisdiction } from "../residency.ts";
import { inTime } from "../time-limit.ts";
import { ASKED_MAX_MS, CachedList } from "./cached-list.ts";

/** Webhooks a fleet may have: each station sends its events to every one of them. */
export const WEBHOOKS_MAX = 10;
/** ms the registry has to answer. */
const ASKED_WITHIN_MS = 5_000;
/** Not beside the webhooks: an older release takes every key for one. */
const REVISION_TABLE =
  "CREATE TABLE IF NOT EXISTS changes (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL)";
const RAISE =
  "INSERT INTO changes VALUES (1, ?1) ON CONFLICT DO UPDATE SET revision = max(excluded.revision, revision + 1)";

export class WebhookRegistry extends DurableObject {
  /** `false`: there are WEBHOOKS_MAX others. */
  put(webhook: Omit<Webhook, "createdAt" | "replayAt" | "replaySince">, now: number): "created" | "replaced" | "full" {
    const known = this.ctx.storage.kv.get<Webhook>(webhook.name);
    if (known === undefined && this.#all().length >= WEBHOOKS_MAX) return "full";
    const { createdAt, replayAt, replaySince } = known ?? { createdAt: now, replayAt: 0 };
    const kept = { createdAt, replayAt, ...(replaySince !== undefined && { replaySince }) };
    this.#change(now, () => this.ctx.storage.kv.put(webhook.name, { ...webhook, ...kept }));
    return known === undefined ? "created" : "replaced";
  }

  read(name: string): Webhook | null {
    return this.ctx.storage.kv.get<Webhook>(name) ?? null;
  }

  /** @param numbered of a release that knows revisions; an older one wants the webhooks alone */
  list(numbered = false): Webhook[] | Subscriptions {
    const webhooks = this.#all();
    return numbered ? { webhooks, revision: this.#revision() } : webhooks;
  }

  remove(name: string, now = Date.now()): boolean {
    return this.#change(now, () => this.ctx.storage.kv.delete(name));
  }

  /** @param since ms since the epoch: what was delivered from then on, too; absent: what was not delivered */
  replay(name: string, now: number, since?: number): boolean {
    const found = this.read(name);
    if (found === null) return false;
    const { replaySince: _, ...webhook } = found;
    // Later than the one before, whatever the clock says: by it a station knows that it was not heeded yet.
    const replayAt = Math.max(now, webhook.replayAt + 1);
    this.#change(now, () =>
      this.ctx.storage.kv.put(name, { ...webhook, replayAt, ...(since !== undefined && { replaySince: since }) }),
    );
    return true;
  }

  #all(): Webhook[] {
    return Array.from(this.ctx.storage.kv.list<Webhook>(), ([, webhook]) => webhook);
  }

  /** @param now begins it: behind those of a registry whose storage was lost */
  #change<T>(now: number, change: () => T): T {
    return this.ctx.storage.transactionSync(() => {
      this.ctx.storage.sql.exec(REVISION_TABLE);
      this.ctx.storage.sql.exec(RAISE, now);
      return change();
    });
  }

  #revision(): number {
    try {
      return Number(this.ctx.storage.sql.exec("SELECT revision FROM changes").toArray()[0]?.revision ?? 0);
    } catch (error) {
      // Nothing was changed since an older release.
      if (/no such table/.test(String(error))) return 0;
      throw error;
    }
  }
}

interface RegistryEnv {
  WEBHOOKS: DurableObjectNamespace<WebhookRegistry>;
}

/** One list an isolate, so that a hundred thousand station objects never meet at the registry. */
const cached = new CachedList<Subscriptions>(Math.random);
/** The newest revision that was asked for in vain: of it the registry is not asked out of turn again. */
let missedRevision = 0;

export function registryOf(env: RegistryEnv): DurableObjectStub<WebhookRegistry> {
  const namespace = inJurisdiction(env.WEBHOOKS, env);
  return namespace.get(namespace.idFromName("fleet"));
}

/** The subscriptions, if they are known here and at most 30 s old. */
export const knownWebhooks = (now: number): Subscriptions | null => cached.known(now);

/**
 * The subscriptions, at most 30 s old or, while the registry gives no answer, older.
 * @param least what the station has seen, maybe in another isolate: an older list than that is asked for anew
 * @throws where none are known
 */
export async function webhooksOf(env: RegistryEnv, now: number, least = 0): Promise<Subscriptions> {
  const known = cached.known(now);
  if (known !== null && (known.revision >= least || missedRevision >= least)) return known;
  if (known !== null) cached.forget();
  // Others of the isolate wait for the same answer: it must come however it ends with who asked first.
  const list = await inTime(
    cached.get(() => inTime(askedOf(env), ASKED_WITHIN_MS, "the webhook registry"), now),
    ASKED_MAX_MS,
    "the webhook registry",
  );
  if (known !== null && list.revision < least) missedRevision = Math.max(missedRevision, least);
  return list;
}

async function askedOf(env: RegistryEnv): Promise<Subscriptions> {
  const asked = Promise.resolve(registryOf(env).list(true));
  waitUntil(asked.catch(() => {}));
  return numbered(await asked);
}

/** As an older release answers, too, which may be running the registry still. */
const numbered = (answer: Webhook[] | Subscriptions): Subscriptions =>
  Array.isArray(answer) ? { webhooks: answer, revision: 0 } : answer;

/** As they are now, for who shows them. */
export const allWebhooks = async (env: RegistryEnv): Promise<readonly Webhook[]> =>
  numbered(await registryOf(env).list()).webhooks;

/**
 * Called where a subscription changed, so that this isolate's stations see it at once.
 * @param order names the change where each station is told of it: the isolate heeds it once
 */
export function forgetWebhooks(order?: string): void {
  cached.forget(order);
}
