/**
 * The one home of webhook subscriptions, and the cache through which station objects read them. Must not know stations.
 */
import { DurableObject, waitUntil } from "cloudflare:workers";
import type { Webhook } from "../delivery/outbox.ts";
import { inTime } from "../time-limit.ts";
import { ASKED_MAX_MS, CachedList } from "./cached-list.ts";

/** Webhooks a fleet may have: each station sends its events to every one of them. */
export const WEBHOOKS_MAX = 10;
/** ms the registry has to answer. */
const ASKED_WITHIN_MS = 5_000;

export class WebhookRegistry extends DurableObject {
  /** `false`: there are WEBHOOKS_MAX others. */
  put(webhook: Omit<Webhook, "createdAt" | "replayAt">, now: number): "created" | "replaced" | "full" {
    const known = this.ctx.storage.kv.get<Webhook>(webhook.name);
    if (known === undefined && this.list().length >= WEBHOOKS_MAX) return "full";
    const { createdAt, replayAt } = known ?? { createdAt: now, replayAt: 0 };
    this.ctx.storage.kv.put(webhook.name, { ...webhook, createdAt, replayAt });
    return known === undefined ? "created" : "replaced";
  }

  read(name: string): Webhook | null {
    return this.ctx.storage.kv.get<Webhook>(name) ?? null;
  }

  list(): Webhook[] {
    return Array.from(this.ctx.storage.kv.list<Webhook>(), ([, webhook]) => webhook);
  }

  remove(name: string): boolean {
    return this.ctx.storage.kv.delete(name);
  }

  replay(name: string, now: number): boolean {
    const webhook = this.read(name);
    if (webhook === null) return false;
    // Later than the one before, whatever the clock says: by it a station knows that it was not heeded yet.
    this.ctx.storage.kv.put(name, { ...webhook, replayAt: Math.max(now, webhook.replayAt + 1) });
    return true;
  }
}

type Registry = DurableObjectNamespace<WebhookRegistry>;

/** One list an isolate, so that a hundred thousand station objects never meet at the registry. */
const cached = new CachedList<Webhook>(Math.random);

export const registryOf = (namespace: Registry): DurableObjectStub<WebhookRegistry> =>
  namespace.get(namespace.idFromName("fleet"));

/** The subscriptions, if they are known here and at most 30 s old. */
export const knownWebhooks = (now: number): readonly Webhook[] | null => cached.known(now);

/** The subscriptions, at most 30 s old or, while the registry gives no answer, older. @throws where none are known */
export async function webhooksOf(namespace: Registry, now: number): Promise<readonly Webhook[]> {
  const known = cached.known(now);
  if (known !== null) return known;
  // Others of the isolate wait for the same answer: it must come however it ends with who asked first.
  return inTime(
    cached.get(() => inTime(askedOf(namespace), ASKED_WITHIN_MS, "the webhook registry"), now),
    ASKED_MAX_MS,
    "the webhook registry",
  );
}

async function askedOf(namespace: Registry): Promise<Webhook[]> {
  const asked = Promise.resolve(registryOf(namespace).list());
  waitUntil(asked.catch(() => {}));
  return asked;
}

/**
 * Called where a subscription changed, so that this isolate's stations see it at once.
 * @param order names the change where each station is told of it: the isolate heeds it once
 */
export function forgetWebhooks(order?: string): void {
  cached.forget(order);
}
