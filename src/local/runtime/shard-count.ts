/**
 * How many workerd processes an edge's stations are shared among. Must not know how they are started.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PUBLIC_MODE, replaceFile } from "../state/private-file.ts";
import { shardOf } from "./shards.ts";
import { directoryIds, hasState, holdsStations } from "../state/station-files.ts";

/** [platform.md] Two file descriptors a connection, three for its object while that is awake, and all may wake at once. */
const DESCRIPTORS_PER_STATION = 5;
/** For all that is no station. */
const OWN_DESCRIPTORS = 500;
/** What a local edge starts processes for, unless it is told another number. */
export const STATIONS_PER_LOCAL_EDGE = 5_000;
export const SHARDS_MAX = 16;
const FILE = "workerds";

/** Stations that one workerd may hold before it runs out of file descriptors, which would end it. */
export function stationsPerWorkerd(descriptorLimit: number | null): number {
  if (descriptorLimit === null) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor((descriptorLimit - OWN_DESCRIPTORS) / DESCRIPTORS_PER_STATION));
}

/** What to say at the start of an edge that has not the room it is made for; `null`: it has. */
export function descriptorAdvice(limit: number | null, shards: number): string | null {
  const room = shards * stationsPerWorkerd(limit);
  if (limit === null || room >= STATIONS_PER_LOCAL_EDGE) return null;
  const enough = OWN_DESCRIPTORS + DESCRIPTORS_PER_STATION * Math.ceil(STATIONS_PER_LOCAL_EDGE / shards);
  return (
    `Only ${limit} files may be open, which is room for ${room} ${room === 1 ? "station" : "stations"}; ` +
    `for ${STATIONS_PER_LOCAL_EDGE} raise the limit with \`ulimit -n ${enough}\` before the start`
  );
}

export function descriptorLimit(): number | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

export function enoughShards(limit: number | null, stations = STATIONS_PER_LOCAL_EDGE): number {
  return Math.min(SHARDS_MAX, Math.max(1, Math.ceil(stations / stationsPerWorkerd(limit))));
}

/**
 * The folder's own number, which is that of its first use: with another one, stations would be looked for where they are not.
 * @param wanted `undefined`: whatever it is, and `fallback` in a new folder
 * @param log takes a line where the folder said something else than what it holds
 * @throws where `wanted` is another number than the folder's, or the folder's cannot be told
 */
export function shardsOf(
  dir: string,
  wanted: number | undefined,
  fallback: number,
  log: (line: string) => void = () => {},
): number {
  const known = knownShards(dir, log);
  if (known !== undefined && wanted !== undefined && known !== wanted) {
    throw new Error(
      `The state in ${dir} is that of ${known} workerd ${known === 1 ? "process" : "processes"}, not ${wanted}; ` +
        "leave KERBSIDE_WORKERDS unset, or take another KERBSIDE_DIR",
    );
  }
  const shards = known ?? wanted ?? fallback;
  removeLeftovers(dir, shards);
  return shards;
}

export function rememberShards(dir: string, shards: number): void {
  if (!existsSync(join(dir, FILE))) replaceFile(join(dir, FILE), `${shards}\n`, PUBLIC_MODE);
}

/** The first one's is the edge's own, as it was before there could be several. */
export const folderOf = (dir: string, shard: number): string => (shard === 0 ? dir : join(dir, `workerd-${shard + 1}`));

/** `undefined`: nothing is there that depends on it. */
function knownShards(dir: string, log: (line: string) => void): number | undefined {
  const text = existsSync(join(dir, FILE)) ? readFileSync(join(dir, FILE), "utf8").trim() : undefined;
  const written =
    text !== undefined && /^[1-9]\d?$/.test(text) && Number(text) <= SHARDS_MAX ? Number(text) : undefined;
  const folders = foldersIn(dir);
  if (written !== undefined && written === folders.length) return written;
  const found = folders.length;
  // A first start that was ended leaves folders, but nobody was let in before they were counted.
  if (!folders.some((folder) => directoryIds(folder).length > 0 || holdsStations(folder))) {
    if (text !== undefined && written === undefined) rmSync(join(dir, FILE));
    return written;
  }
  // The stations of a part are where a larger number would have them, too: then it is the other part that is missing.
  const isPart = written !== undefined && found < written && fits(folders, written);
  const right = isPart ? undefined : [found, written ?? found].find((shards) => fits(folders, shards));
  if (right === undefined) {
    throw new Error(
      `${join(dir, FILE)} ${text === undefined ? "is missing" : `says ${JSON.stringify(text)}`}, but ${dir} holds the folders of ` +
        `${found} workerd ${found === 1 ? "process" : "processes"}; bring back the folders workerd-2, workerd-3, … that are ` +
        "missing, or write the right number into that file",
    );
  }
  if (right !== written) {
    log(
      `${join(dir, FILE)} was ${text === undefined ? "missing" : `wrong (${JSON.stringify(text)})`}: it says ${right} now`,
    );
    replaceFile(join(dir, FILE), `${right}\n`, PUBLIC_MODE);
  }
  return right;
}

/** Those of the workerd processes that ran here, in their order. */
function foldersIn(dir: string): string[] {
  const all = Array.from({ length: SHARDS_MAX }, (_, shard) => folderOf(dir, shard));
  const missing = all.findIndex((folder) => !hasState(folder));
  return missing < 0 ? all : all.slice(0, missing);
}

/** Is every station where it would be looked for? */
const fits = (folders: readonly string[], shards: number): boolean =>
  folders.every((folder, shard) => directoryIds(folder).every((id) => shardOf(id, shards) === shard));

/** Of a first start with a larger number that was ended: they would pass for a part of the fleet. */
function removeLeftovers(dir: string, shards: number): void {
  for (let shard = shards; shard < SHARDS_MAX; shard++) {
    const folder = folderOf(dir, shard);
    if (existsSync(folder) && !holdsStations(folder)) rmSync(folder, { recursive: true });
  }
}

/** The environment's own word. @throws where it is no number that can be */
export function wantedShards(env: NodeJS.ProcessEnv): number | undefined {
  const text = env.KERBSIDE_WORKERDS;
  if (text === undefined || text === "") return undefined;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= SHARDS_MAX)) {
    throw new Error(`KERBSIDE_WORKERDS must be a number from 1 to ${SHARDS_MAX}, not ${JSON.stringify(text)}`);
  }
  return value;
}
