/**
 * The stations that are registered with a Kerbside, as far as a bridge is for them, looked up page by page. Must not know sockets.
 */
import { createHash } from "node:crypto";

/** Stations a page; a page is a row read for each. */
const PAGE = 500;
/** ms that Kerbside has for one. */
const WITHIN_MS = 15_000;

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
  const ids = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: { stations: { stationId: string }[]; cursor: string | null } = await pageOf(options, cursor);
    for (const { stationId } of page.stations) if (isOurs(stationId, options.shard)) ids.add(stationId);
    cursor = page.cursor ?? null;
  } while (cursor !== null);
  return ids;
}

async function pageOf({ api, key, labels, q }: DirectoryOptions, cursor: string | null) {
  const url = new URL("/v1/stations", api);
  url.searchParams.set("limit", String(PAGE));
  for (const [name, value] of labels) url.searchParams.set(`label.${name}`, value);
  if (q !== null) url.searchParams.set("q", q);
  if (cursor !== null) url.searchParams.set("cursor", cursor);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  if (response.ok) return (await response.json()) as { stations: { stationId: string }[]; cursor: string | null };
  await response.body?.cancel();
  const what = `GET ${url.origin}/v1/stations was answered ${response.status}`;
  if (response.status === 401) throw new NotUsable(`${what}: the key is not one of this Kerbside's`);
  if (response.status === 403) throw new NotUsable(`${what}: the key needs the scopes stations:read and csms:connect`);
  throw new Error(what);
}

/** The same share of the names in every process, whatever their number and order. */
export function isOurs(stationId: string, { index, of }: DirectoryOptions["shard"]): boolean {
  return createHash("sha256").update(stationId).digest().readUInt32BE(0) % of === index - 1;
}
