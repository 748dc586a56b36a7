/**
 * Kerbside's client, without dependencies, for Node from 20 on, browsers and Workers: what the package `kerbside` exports. Must not know
 * any other room but OCPP's types.
 */
import { Api, type ClientOptions } from "./api.ts";
import { Audit } from "./fleet/audit.ts";
import { Campaigns } from "./fleet/campaigns.ts";
import { Newcomers } from "./fleet/newcomers.ts";
import { Crls, Revocations } from "./fleet/revocations.ts";
import { Service } from "./fleet/service.ts";
import {
  type FleetSummary,
  type FoundStation,
  type StationEntry,
  type StationPage,
  type StationQuery,
  stationQuery,
} from "./fleet/station-list.ts";
import type { FleetProblems } from "./fleet/problems.ts";
import type { SeriesPage, SeriesSpan } from "./fleet/series.ts";
import type { Settings } from "./fleet/settings.ts";
import type { Deliveries, Replay, ReplayQuery, StuckPage, StuckStation } from "./fleet/webhooks.ts";
import { entriesOf, type PageQuery } from "./pages.ts";
import type { KeyView } from "./key.ts";
import { Station } from "./station.ts";
import type { EventType, Webhook } from "./views.ts";

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
export type * from "./fleet/audit.ts";
export type * from "./fleet/campaigns.ts";
export type * from "./fleet/newcomers.ts";
export type * from "./fleet/revocations.ts";
export type * from "./fleet/service.ts";
export type * from "./fleet/problems.ts";
export type * from "./fleet/series.ts";
export type * from "./fleet/settings.ts";
export type * from "./fleet/station-list.ts";
export type * from "./fleet/webhooks.ts";
export type * from "./history-views.ts";
export type * from "./operation-views.ts";
export type { Paged, PageQuery } from "./pages.ts";
export type * from "./views.ts";
export { type EventName, MemoryProgress, type Progress } from "./progress.ts";
export { webhookHandler, type WebhookOptions } from "./webhook-handler.ts";

/** What each part asks by. */
class Connected {
  protected readonly api: Api;

  constructor(options: ClientOptions) {
    this.api = new Api(options);
  }
}

export class Kerbside extends Connected {
  readonly newcomers = new Newcomers(this.api);
  readonly audit = new Audit(this.api);
  readonly campaigns = new Campaigns(this.api);
  readonly revocations = new Revocations(this.api);
  readonly crls = new Crls(this.api);
  readonly service = new Service(this.api);

  /** What the key of this client is. */
  key(): Promise<KeyView> {
    return this.api.get<KeyView>("/v1/key");
  }

  /** Minutes of the last day, hours of the last month. */
  series(span: SeriesSpan = {}): Promise<SeriesPage> {
    return this.api.get<SeriesPage>("/v1/series", { ...span });
  }

  /** What the deployment runs with. */
  settings(): Promise<Settings> {
    return this.api.get<Settings>("/v1/settings");
  }

  /** Who is refused, by reason with the newest cases, and so many security events of stations (100). */
  problems(query: { limit?: number } = {}): Promise<FleetProblems> {
    return this.api.get<FleetProblems>("/v1/problems", { ...query });
  }

  station(id: string): Station {
    return new Station(this.api, id);
  }

  /** One page of the directory, eventually consistent. */
  stationsPage(query: StationQuery = {}): Promise<StationPage> {
    return this.api.get<StationPage>("/v1/stations", stationQuery(query));
  }

  /** The same page by page, for as long as it is iterated. */
  stations(query: StationQuery = {}): AsyncGenerator<StationEntry> {
    return entriesOf(
      (cursor = query.cursor) => this.stationsPage({ ...query, cursor }),
      ({ stations }) => stations,
    );
  }

  /** The station that a command was for, or those that show a certificate, by its whole id or fingerprint. */
  async search(q: string): Promise<FoundStation[]> {
    return (await this.api.get<{ found: FoundStation[] }>("/v1/search", { q })).found;
  }

  /** How many stations there are of each kind, a moment old. */
  summary(): Promise<FleetSummary> {
    return this.api.get<FleetSummary>("/v1/stations/summary");
  }

  async webhooks(): Promise<Webhook[]> {
    return (await this.api.get<{ webhooks: Webhook[] }>("/v1/webhooks")).webhooks;
  }

  /** A subscription, without its secret. */
  webhook(name: string): Promise<Webhook> {
    return this.api.get<Webhook>(webhookPath(name));
  }

  /** Subscribes to events, or changes the subscription. `types`: none are all. */
  async putWebhook(name: string, webhook: { url: string; secret: string; types?: EventType[] }): Promise<Webhook> {
    return (await this.api.ask<Webhook>("PUT", webhookPath(name), { body: webhook })).body;
  }

  async deleteWebhook(name: string): Promise<void> {
    await this.api.ask("DELETE", webhookPath(name));
  }

  /** Has all that it did not take sent again, at once; with `since` all that is kept from then on. */
  async replayWebhook(name: string, query: ReplayQuery = {}): Promise<void> {
    await this.api.ask("POST", `${webhookPath(name)}/replay`, { isRepeatable: true, query: { ...query } });
  }

  /** How far its last replay has come. */
  replay(name: string): Promise<Replay> {
    return this.api.get<Replay>(`${webhookPath(name)}/replay`);
  }

  /** What came of its deliveries, and how long they took. */
  deliveries(name: string): Promise<Deliveries> {
    return this.api.get<Deliveries>(`${webhookPath(name)}/deliveries`);
  }

  /** One page of the stations from which it does not take its events, and why. */
  stuckPage(name: string, query: PageQuery = {}): Promise<StuckPage> {
    return this.api.get<StuckPage>(`${webhookPath(name)}/stuck`, { ...query });
  }

  /** The same page by page, for as long as it is iterated. */
  stuck(name: string, query: PageQuery = {}): AsyncGenerator<StuckStation> {
    return entriesOf(
      (cursor = query.cursor) => this.stuckPage(name, { ...query, cursor }),
      ({ stations }) => stations,
    );
  }

  /** Any other request of the API, with its problems and retries. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await this.api.ask<T>(method, path, { body })).body;
  }
}

const webhookPath = (name: string): string => `/v1/webhooks/${encodeURIComponent(name)}`;
