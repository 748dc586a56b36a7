/**
 * The stations' databases as they lie in a workerd's folder, read before it runs or while it holds none of them.
 * Must not know what is in a registration.
 */
import { createHash, createHmac } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The Durable Objects' class and the namespace that miniflare makes of it. */
const UNIQUE_KEY = "kerbside-ChargingStation";
const STATIONS = join("state", "do", UNIQUE_KEY);
const DIRECTORIES = join("state", "d1", "miniflare-D1DatabaseObject");
/** Of a database: what it holds, and SQLite's two helpers beside it. */
export const PARTS = ["", "-wal", "-shm"] as const;

/** What a look at a database found. `empty`: nothing, as a deregistration leaves it; `damaged`: it is no database, or none any more. */
export type StationFile = "used" | "empty" | "damaged";

/** SQLite's own codes: SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED = [11, 26];

/** A station has three pages of 4 KB, its schema, its facts and its log, wherever they lie. */
const USED_MIN_BYTES = 3 * 4_096;
/** ms of a start that go into looking at larger ones, at half a millisecond each. */
const LOOK_MAX_MS = 500;

/** As workerd names the object of a station, and its file. */
export function stationFile(workerdDir: string, stationId: string): string {
  const key = createHash("sha256").update(UNIQUE_KEY).digest();
  const half = (data: string | Buffer) => createHmac("sha256", key).update(data).digest().subarray(0, 16);
  const name = half(stationId);
  return join(workerdDir, STATIONS, `${Buffer.concat([name, half(name)]).toString("hex")}.sqlite`);
}

export function stationFiles(workerdDir: string): string[] {
  const dir = join(workerdDir, STATIONS);
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return names.map((name) => join(dir, name));
}

/** Reads and changes nothing. */
export function lookAt(path: string): StationFile {
  try {
    return read(path, (database) => {
      return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'facts'").get() === undefined
        ? "empty"
        : "used";
    });
  } catch (error) {
    // Locked or being made anew by the workerd that has it, a whole database would be taken for a damaged one.
    const { errcode } = error as { errcode?: number };
    return DAMAGED.includes((errcode ?? 0) & 0xff) ? "damaged" : "used";
  }
}

export function holdsStations(workerdDir: string): boolean {
  return stationFiles(workerdDir).some((path) => lookAt(path) !== "empty");
}

/** Ids of the registered stations by the copy in the directory; none where that cannot be read. */
export function directoryIds(workerdDir: string): string[] {
  const dir = join(workerdDir, DIRECTORIES);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
    .flatMap((name) => {
      try {
        return read(join(dir, name), (database) =>
          database.prepare("SELECT station_id AS id FROM stations WHERE deregistered = 0").all(),
        );
      } catch {
        return [];
      }
    })
    .map(({ id }) => String(id));
}

/** Stations that are registered by their own database and not in the directory; `unnamed`: those whose id that does not tell. */
export function unlistedStations(workerdDir: string): { ids: string[]; unnamed: number } {
  const ids: string[] = [];
  let unnamed = 0;
  const files = stationFiles(workerdDir);
  const listed = directoryIds(workerdDir);
  if (files.length <= listed.length) return { ids, unnamed };
  const known = new Set(listed.map((id) => stationFile(workerdDir, id)));
  for (const path of files) {
    const name = known.has(path) ? null : registeredName(path);
    if (name === null) continue;
    if (stationFile(workerdDir, name) === path) ids.push(name);
    else unnamed++;
  }
  return { ids, unnamed };
}

/** The certificate's name in a registration, which is the station's id unless it was given another; `null`: not registered. */
function registeredName(path: string): string | null {
  try {
    const row = read(path, (database) =>
      database.prepare("SELECT value FROM facts WHERE key = 'registration'").get(),
    ) as { value: string } | undefined;
    return row === undefined ? null : String(JSON.parse(row.value).certificate.commonName);
  } catch {
    return null;
  }
}

export function hasState(workerdDir: string): boolean {
  return existsSync(join(workerdDir, "state"));
}

/**
 * Before workerd runs: whoever opens a database that is gone writes to nothing. The smallest first, and only those that hold
 * nothing.
 */
export function removeEmptyStationFiles(workerdDir: string): void {
  const until = performance.now() + LOOK_MAX_MS;
  const bySize = stationFiles(workerdDir)
    .map((path) => ({ path, bytes: bytesOf(path) }))
    .sort((a, b) => a.bytes - b.bytes);
  for (const { path, bytes } of bySize) {
    if (bytes >= USED_MIN_BYTES && performance.now() > until) return;
    if (lookAt(path) === "empty") for (const part of PARTS) rmSync(`${path}${part}`, { force: true });
  }
}

/** A database that cannot be read, out of workerd's way. `false`: it can be, or is not there. */
export function setAside(dir: string, path: string, now: Date): boolean {
  if (!existsSync(path) || lookAt(path) !== "damaged") return false;
  const folder = join(dir, "damaged");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const part of PARTS) {
    if (existsSync(`${path}${part}`)) {
      renameSync(`${path}${part}`, join(folder, `${now.toISOString().replaceAll(":", "")}-${basename(path)}${part}`));
    }
  }
  return true;
}

function read<T>(path: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Bytes of a database, its journal included. */
export function bytesOf(path: string): number {
  return PARTS.slice(0, 2).reduce(
    (sum, part) => sum + (statSync(`${path}${part}`, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
