/**
 * How many workerd processes an edge's stations are shared among. Must not know how they are started.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PUBLIC_MODE, replaceFile } from "./pki/private-file.ts";

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
 * The folder's own number, which is that of its first start: with another one, stations would be looked for where they are not.
 * @param wanted `undefined`: whatever it is, and `fallback` in a new folder
 * @throws where `wanted` is another number than the folder's
 */
export function shardsOf(dir: string, wanted: number | undefined, fallback: number): number {
  const known = knownShards(dir);
  if (known !== undefined && wanted !== undefined && known !== wanted) {
    throw new Error(
      `The state in ${dir} is that of ${known} workerd ${known === 1 ? "process" : "processes"}, not ${wanted}; ` +
        "leave KERBSIDE_WORKERDS unset, or take another KERBSIDE_DIR",
    );
  }
  return known ?? wanted ?? fallback;
}

export function rememberShards(dir: string, shards: number): void {
  if (!existsSync(join(dir, FILE))) replaceFile(join(dir, FILE), `${shards}\n`, PUBLIC_MODE);
}

function knownShards(dir: string): number | undefined {
  if (existsSync(join(dir, FILE))) {
    const text = readFileSync(join(dir, FILE), "utf8").trim();
    if (/^[1-9]\d?$/.test(text) && Number(text) <= SHARDS_MAX) return Number(text);
    throw new Error(
      `${join(dir, FILE)} must hold the number of workerd processes, 1 to ${SHARDS_MAX}, not ${JSON.stringify(text)}`,
    );
  }
  // From before there could be several.
  return existsSync(join(dir, "state")) ? 1 : undefined;
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
