/**
 * Who changed or commanded what. Must not know how requests travel.
 */
import type { Api } from "../api.ts";
import { entriesOf, type Paged } from "../pages.ts";

export interface AuditQuery {
  /** A time, as `2026-01-31T12:00:00Z`, or the cursor of a page. */
  before?: string | undefined;
  after?: string;
  /** The name of an API key. */
  actor?: string;
  stationId?: string;
  /** Entries of one page, at most (100, and 500 at most). */
  limit?: number;
}

export interface AuditEntry {
  id: string;
  at: string;
  /** The name of an API key, or csms-link. */
  actor: string;
  /** `station.changed`, `command.sent`, … */
  kind: string;
  stationId: string | null;
  /** The names of what is another than before. */
  changed?: string[];
  action?: string;
  commandId?: string;
  webhook?: string;
  certificate?: string;
  campaignId?: string;
  issuer?: string;
  /** What a key was refused, and the scope that it lacked. */
  operation?: string;
  scope?: string;
  /** It may have been done, or not. */
  outcome?: "unknown";
}

export interface AuditPage extends Paged {
  entries: AuditEntry[];
}

export class Audit {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** The newest first; its cursor is the next one's `before`. */
  page(query: AuditQuery = {}): Promise<AuditPage> {
    return this.#api.get<AuditPage>("/v1/audit", { ...query });
  }

  all(query: AuditQuery = {}): AsyncGenerator<AuditEntry> {
    return entriesOf(
      (before = query.before) => this.page({ ...query, before }),
      ({ entries }) => entries,
    );
  }
}
