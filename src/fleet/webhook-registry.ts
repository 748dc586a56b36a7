/**
 * The one home of webhook subscriptions, and the cache through which station objects read them. Must not know stations.
 */
import { DurableObject } from "cloudflare:workers";
import type { Webhook } from "../delivery/outbox.ts";

/** Webhooks a fleet may have: each station sends its events to every one of them. */
export const WEBHOOKS_MAX = 10;
/** How long a station object may act on an old list (design.md: at most 30 s). */
const CACHE_MS = 30_000;

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
let cached: { at: number; webhooks: readonly Webhook[] } | null = null;
/** Counts the changes this isolate knows of: a list that was asked for before one is old when it arrives. */
let changes = 0;

export const registryOf = (namespace: Registry): DurableObjectStub<WebhookRegistry> =>
  namespace.get(namespace.idFromName("fleet"));

/** The subscriptions, if they are known here and at most 30 s old. */
export function knownWebhooks(now: number): readonly Webhook[] | null {
  // Younger than nothing: the clock was set back.
  return cached !== null && now >= cached.at && now - cached.at < CACHE_MS ? cached.webhooks : null;
}

/** The subscriptions, at most 30 s old. @throws where the registry cannot be reached and no list is known */
export async function webhooksOf(namespace: Registry, now: number): Promise<readonly Webhook[]> {
  const known = knownWebhooks(now);
  if (known !== null) return known;
  const asked = changes;
  try {
    const webhooks: Webhook[] = await registryOf(namespace).list();
    if (asked === changes) cached = { at: now, webhooks };
    return webhooks;
  } catch (error) {
    // An old list delivers; none would hold up every station while one object moves.
    if (cached === null) throw error;
    return cached.webhooks;
  }
}

/** Called where a subscription changed, so that this isolate's stations see it at once. */
export function forgetWebhooks(): void {
  cached = null;
  changes++;
}
