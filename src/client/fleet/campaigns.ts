/**
 * Campaigns: one command to many stations. Must not know how requests travel.
 */
import type { Api } from "../api.ts";
import { entriesOf, type Paged, type PageQuery } from "../pages.ts";
import type { StationFilter } from "./station-list.ts";

/** For the stations of `filter` (`{}`: all), or for those that are named. */
export type CampaignRequest = {
  name: string;
  action: string;
  payload: Record<string, unknown>;
  /** Stations a second, 1 to 100 (10). */
  ratePerSecond?: number;
  /** Seconds that a command may wait for a station that is offline (0: it may not). */
  expiresInSeconds?: number;
  /** ISO 8601; without it at once. */
  startAt?: string;
} & ({ filter: StationFilter; stationIds?: never } | { stationIds: string[]; filter?: never });

/** What became of the command at one station; `sending`: it may have been sent. */
export type CampaignMemberState =
  | "pending"
  | "sending"
  | "queued"
  | "sent"
  | "timeout"
  | "result"
  | "error"
  | "expired"
  | "cancelled"
  | "invalid"
  | "refused";

export interface Campaign {
  campaignId: string;
  name: string;
  action: string;
  state: "scheduled" | "running" | "paused" | "cancelling" | "cancelled" | "complete";
  /** Whose key made it. */
  actor: string;
  stations: number;
  ratePerSecond: number;
  expiresInSeconds: number;
  createdAt: string;
  startAt?: string;
  startedAt?: string;
  endedAt?: string;
  progress: Record<CampaignMemberState, number>;
}

export interface CampaignPage extends Paged {
  campaigns: Campaign[];
}

/** `unknown`: stations that were named, and are not there for this key. */
export interface CampaignDryRun {
  stations: number;
  unknown: number;
}

export interface CampaignStation {
  stationId: string;
  state: CampaignMemberState;
  changedAt: string;
  commandId?: string;
  /** The station's answer as JSON, its first 500 characters. */
  answer?: string;
  /** Why it is no result. */
  reason?: string;
}

export interface CampaignStationPage extends Paged {
  stations: CampaignStation[];
}

export interface CampaignStationQuery extends PageQuery {
  state?: CampaignMemberState;
}

const PATH = "/v1/campaigns";

export class Campaigns {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** @param idempotencyKey made anew where none is given, and kept over retries: one campaign is made */
  async create(campaign: CampaignRequest, idempotencyKey: string = crypto.randomUUID()): Promise<Campaign> {
    const headers = { "idempotency-key": idempotencyKey };
    return (await this.#api.ask<Campaign>("POST", PATH, { body: campaign, headers, isRepeatable: true })).body;
  }

  /** How many stations it would be for; nothing is made. */
  async dryRun(campaign: CampaignRequest): Promise<CampaignDryRun> {
    const body = { ...campaign, dryRun: true };
    return (await this.#api.ask<CampaignDryRun>("POST", PATH, { body, isRepeatable: true })).body;
  }

  /** Newest first. `limit`: 100, and 1,000 at most. */
  page(query: PageQuery = {}): Promise<CampaignPage> {
    return this.#api.get<CampaignPage>(PATH, { ...query });
  }

  all(query: PageQuery = {}): AsyncGenerator<Campaign> {
    return entriesOf(
      (cursor = query.cursor) => this.page({ ...query, cursor }),
      ({ campaigns }) => campaigns,
    );
  }

  get(campaignId: string): Promise<Campaign> {
    return this.#api.get<Campaign>(pathOf(campaignId));
  }

  /** Nothing more is sent until it is resumed. */
  pause(campaignId: string): Promise<Campaign> {
    return this.#turn(campaignId, "pause");
  }

  resume(campaignId: string): Promise<Campaign> {
    return this.#turn(campaignId, "resume");
  }

  /** Nothing more is sent, and what still waits is taken back. */
  cancel(campaignId: string): Promise<Campaign> {
    return this.#turn(campaignId, "cancel");
  }

  /** By identity. `limit`: 100, and 1,000 at most. */
  stationsPage(campaignId: string, query: CampaignStationQuery = {}): Promise<CampaignStationPage> {
    return this.#api.get<CampaignStationPage>(`${pathOf(campaignId)}/stations`, { ...query });
  }

  stations(campaignId: string, query: CampaignStationQuery = {}): AsyncGenerator<CampaignStation> {
    return entriesOf(
      (cursor = query.cursor) => this.stationsPage(campaignId, { ...query, cursor }),
      ({ stations }) => stations,
    );
  }

  async #turn(campaignId: string, turn: "pause" | "resume" | "cancel"): Promise<Campaign> {
    return (await this.#api.ask<Campaign>("POST", `${pathOf(campaignId)}/${turn}`, { isRepeatable: true })).body;
  }
}

const pathOf = (campaignId: string): string => `${PATH}/${encodeURIComponent(campaignId)}`;
