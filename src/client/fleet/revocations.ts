/**
 * Certificates that are let in no more: those that were revoked here, and the lists that CAs sign. Must not know how requests travel.
 */
import type { Api } from "../api.ts";
import { entriesOf, type Paged, type PageQuery } from "../pages.ts";

/** [RFC 5280 §5.3.1] */
export type RevocationReason =
  | "unspecified"
  | "keyCompromise"
  | "cACompromise"
  | "affiliationChanged"
  | "superseded"
  | "cessationOfOperation"
  | "certificateHold"
  | "privilegeWithdrawn"
  | "aACompromise";

/** By its SHA-256 fingerprint, or by its CA's key identifier and its serial number; hex, with or without colons. */
export type RevocationRequest = { reason?: RevocationReason } & (
  | { fingerprint: string; issuer?: never; serialNumber?: never }
  | { issuer: string; serialNumber: string; fingerprint?: never }
);

export interface Revoked {
  fingerprint?: string;
  issuer?: string;
  serialNumber?: string;
  /** It is a CA that is known here, of this key identifier: what that signed is let in no more either. */
  authority?: string;
  reason: string;
  revoked: true;
}

export interface Revocation {
  fingerprint: string | null;
  issuer: string | null;
  serialNumber: string | null;
  reason: string;
  actor: string | null;
  revokedAt: string;
}

export interface RevocationPage extends Paged {
  revocations: Revocation[];
}

export interface Crl {
  /** The CA's key identifier. */
  issuer: string;
  /** The CRL number, in hex. */
  number: string | null;
  thisUpdate: string;
  nextUpdate: string;
  outOfDate: boolean;
  entries: number;
  /** Of the CAs that it issued and that are known here, the key identifiers of those that are revoked, by it or by a backend. */
  authorities: string[];
  /** false: its entries are being written, or were not all; put it again. */
  complete: boolean;
  /** Who put it, or the URL that it was fetched from. */
  from: string;
  takenAt: string;
  /** When its URL was last asked. */
  checkedAt: string | null;
  /** Why what its URL last answered was not taken. */
  problem: string | null;
}

export class Revocations {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** It is let in no more, and what it let in is closed. */
  async add(revocation: RevocationRequest): Promise<Revoked> {
    return (await this.#api.ask<Revoked>("POST", "/v1/revocations", { body: revocation, isRepeatable: true })).body;
  }

  /** Of what was revoked with `certificateHold` alone. @returns true: the list of its CA names it still */
  async lift(certificate: string | { issuer: string; serialNumber: string }): Promise<boolean> {
    const name = typeof certificate === "string" ? certificate : `${certificate.issuer}.${certificate.serialNumber}`;
    const path = `/v1/revocations/${encodeURIComponent(name)}`;
    return (await this.#api.ask<{ revoked: boolean }>("DELETE", path, {})).body.revoked;
  }

  /** Newest first. `limit`: 100, and 500 at most. */
  page(query: PageQuery = {}): Promise<RevocationPage> {
    return this.#api.get<RevocationPage>("/v1/revocations", { ...query });
  }

  all(query: PageQuery = {}): AsyncGenerator<Revocation> {
    return entriesOf(
      (cursor = query.cursor) => this.page({ ...query, cursor }),
      ({ revocations }) => revocations,
    );
  }
}

export class Crls {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async all(): Promise<Crl[]> {
    return (await this.#api.get<{ crls: Crl[] }>("/v1/crls")).crls;
  }

  /** @param issuer the CA's key identifier in hex */
  get(issuer: string): Promise<Crl> {
    return this.#api.get<Crl>(crlPath(issuer));
  }

  /** @param list as the CA signed it: DER, or PEM as a text */
  async put(issuer: string, list: Uint8Array<ArrayBuffer> | string): Promise<Crl> {
    const media = typeof list === "string" ? "application/x-pem-file" : "application/pkix-crl";
    return (await this.#api.ask<Crl>("PUT", crlPath(issuer), { body: list, media })).body;
  }
}

const crlPath = (issuer: string): string => `/v1/crls/${encodeURIComponent(issuer)}`;
