/**
 * The stations that are registered with a Kerbside, as far as a bridge is for them, looked up page by page. Must not know sockets.
 */
import { createHash } from "node:crypto";
import { Kerbside, type KerbsideProblem } from "../client/kerbside.ts";

/** Stations a page; a page is a row read for each. */
const PAGE = 500;
/** ms that Kerbside has for one. */
const WITHIN_MS = 15_000;

const LINK_SCOPE = "csms:connect";
const SCOPES = `the scopes stations:read and ${LINK_SCOPE}`;

export interface DirectoryOptions {
  /** The API, without a path. */
  api: string;
  key: string;
  labels: readonly [name: string, value: string][];
  q: string | null;
  /** This bridge is the `index`-th of `of`, from 1 on. */
  shard: { index: number; of: number };
}

export class NotUsable extends Error {}

/** Ids of all of them. @throws {NotUsable} where the API will not, and asking again is no use; other errors where it cannot now */
export async function registeredStations(options: DirectoryOptions): Promise<Set<string>> {
  const { api, key, labels, q, shard } = options;
  const kerbside = new Kerbside({ url: new URL(api).origin, key, timeoutMs: WITHIN_MS });
  const ids = new Set<string>();
  try {
    const filter = { labels: Object.fromEntries(labels), ...(q !== null && { q }), limit: PAGE };
    for await (const { stationId } of kerbside.stations(filter)) if (isOurs(stationId, shard)) ids.add(stationId);
    return ids;
  } catch (error) {
    const { status } = error as Partial<KerbsideProblem>;
    const what = `GET ${new URL(api).origin}/v1/stations was answered ${status}`;
    if (status === 401) throw new NotUsable(`${what}: the key is not one of this Kerbside's`);
    if (status === 403) throw new NotUsable(`${what}: the key needs ${SCOPES}`);
    throw error;
  }
}

/**
 * That the links will be let in, too: else each of them would be refused, and say no more than that.
 * @throws {NotUsable} where they will not
 */
export async function checkScope({ api, key }: Pick<DirectoryOptions, "api" | "key">): Promise<void> {
  const { name, scopes } = await new Kerbside({ url: new URL(api).origin, key, timeoutMs: WITHIN_MS }).key();
  // An older Kerbside says nothing of them.
  if (Array.isArray(scopes) && !scopes.includes(LINK_SCOPE)) {
    throw new NotUsable(`the key ${name} has no scope ${LINK_SCOPE}: the key needs ${SCOPES}`);
  }
}

/** The same share of the names in every process, whatever their number and order. */
export function isOurs(stationId: string, { index, of }: DirectoryOptions["shard"]): boolean {
  return createHash("sha256").update(stationId).digest().readUInt32BE(0) % of === index - 1;
}
