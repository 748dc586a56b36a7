/**
 * Who knocked and is not registered. Must not know how requests travel.
 */
import type { Api } from "../api.ts";
import { entriesOf, type Paged, type PageQuery } from "../pages.ts";

export interface Newcomer {
  stationId: string;
  firstSeen: string;
  lastSeen: string;
  count: number;
  remoteAddress: string | null;
  protocols: string[];
  transport: string;
  /** As it was shown: no proof. */
  certificate: Record<string, unknown> | null;
  reason: string;
}

export interface NewcomerPage extends Paged {
  newcomers: Newcomer[];
}

export class Newcomers {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Those that knocked last first. `limit`: 100, and 1,000 at most. */
  page(query: PageQuery = {}): Promise<NewcomerPage> {
    return this.#api.get<NewcomerPage>("/v1/newcomers", { ...query });
  }

  all(query: PageQuery = {}): AsyncGenerator<Newcomer> {
    return entriesOf(
      (cursor = query.cursor) => this.page({ ...query, cursor }),
      ({ newcomers }) => newcomers,
    );
  }
}
