/**
 * Kerbside's client, without dependencies, for Node from 20 on, browsers and Workers: what the package `kerbside` exports. Must not know
 * any other room but OCPP's types.
 */
import { Api, type ClientOptions } from "./api.ts";
import type { KeyView } from "./key.ts";
import { Station } from "./station.ts";
import type { EventType, Protocol, Webhook } from "./views.ts";

export type { ClientOptions } from "./api.ts";
export { CallError } from "./call-error.ts";
export { type CsmsOptions, csmsHandler, type Question } from "./csms-handler.ts";
export { CsmsLink, type LinkOptions, type Standing } from "./link.ts";
export type * from "./key.ts";
export type { LiveMessage, LiveOptions } from "./live.ts";
export { nodeListener } from "./node-listener.ts";
export {
  type Fault,
  KerbsideProblem,
  KerbsideUnreachable,
  type KnownProblem,
  type ProblemSlug,
} from "./problem.ts";
export { type CommandOptions, Station } from "./station.ts";
export type * from "./views.ts";
export { type EventName, MemoryProgress, type Progress } from "./progress.ts";
export { webhookHandler, type WebhookOptions } from "./webhook-handler.ts";

/** Filters of the list; all that are given must hold. */
export interface StationFilter {
  online?: boolean;
  protocol?: Protocol;
  securityProfile?: 0 | 1 | 2 | 3;
  vendor?: string;
  model?: string;
  labels?: Record<string, string>;
  /** Part of an identity, a label, vendor, model or serial number. */
  q?: string;
  /** ISO 8601, as `offlineSince`: offline since before it. */
  certificateExpiresBefore?: string;
  offlineSince?: string;
  undelivered?: boolean;
  hasCsms?: boolean;
  sort?: "id" | "changed" | "offline";
  /** Stations of one page, at most (100). */
  limit?: number;
}

export interface StationEntry {
  stationId: string;
  securityProfile: number;
  labels: Record<string, string>;
  online: boolean;
  connection: { protocol: Protocol; securityProfile: number } | null;
  vendor: string | null;
  model: string | null;
}

export class Kerbside {
  readonly #api: Api;

  constructor(options: ClientOptions) {
    this.#api = new Api(options);
  }

  /** What the key of this client is. */
  async key(): Promise<KeyView> {
    return (await this.#api.ask<KeyView>("GET", "/v1/key")).body;
  }

  station(id: string): Station {
    return new Station(this.#api, id);
  }

  /** As the directory has them, eventually consistent; page by page, for as long as it is iterated. */
  async *stations(filter: StationFilter = {}): AsyncGenerator<StationEntry> {
    const { labels = {}, ...rest } = filter;
    const named = Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label.${name}`, value]));
    for (let cursor: string | undefined; ; ) {
      const { body } = await this.#api.ask<{ stations: StationEntry[]; cursor: string | null }>("GET", "/v1/stations", {
        query: { ...rest, ...named, cursor },
      });
      yield* body.stations;
      if (body.cursor === null) return;
      cursor = body.cursor;
    }
  }

  async webhooks(): Promise<Webhook[]> {
    return (await this.#api.ask<{ webhooks: Webhook[] }>("GET", "/v1/webhooks")).body.webhooks;
  }

  /** Subscribes to events, or changes the subscription. `types`: none are all. */
  async putWebhook(name: string, webhook: { url: string; secret: string; types?: EventType[] }): Promise<Webhook> {
    return (await this.#api.ask<Webhook>("PUT", webhookPath(name), { body: webhook })).body;
  }

  async deleteWebhook(name: string): Promise<void> {
    await this.#api.ask("DELETE", webhookPath(name));
  }

  /** Has all that it did not take sent again, at once. */
  async replayWebhook(name: string): Promise<void> {
    await this.#api.ask("POST", `${webhookPath(name)}/replay`, { isRepeatable: true });
  }

  /** Any other request of the API, with its problems and retries. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await this.#api.ask<T>(method, path, { body })).body;
  }
}

const webhookPath = (name: string): string => `/v1/webhooks/${encodeURIComponent(name)}`;
