/**
 * The stations' databases as they lie in a workerd's folder, read before it runs or while it holds none of them.
 * Must not know what is in a registration.
 */
import { createHash, createHmac } from "node:crypto";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The Durable Objects' class and the namespace that miniflare makes of it. */
const UNIQUE_KEY = "kerbside-ChargingStation";
const STATIONS = join("state", "do", UNIQUE_KEY);
const DIRECTORIES = join("state", "d1", "miniflare-D1DatabaseObject");
/** Of a database: what it holds, and SQLite's two helpers beside it. */
export const PARTS = ["", "-wal", "-shm"] as const;

/** What a look at a database found. `damaged`: it cannot be read, so what it holds is not known. */
export type StationFile = "registered" | "unregistered" | "damaged";

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
      const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'facts'").all();
      if (tables.length === 0) return "unregistered";
      const rows = database.prepare("SELECT 1 FROM facts WHERE key = 'registration'").all();
      return rows.length > 0 ? "registered" : "unregistered";
    });
  } catch {
    return "damaged";
  }
}

export function holdsStations(workerdDir: string): boolean {
  return stationFiles(workerdDir).some((path) => lookAt(path) !== "unregistered");
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

export function hasState(workerdDir: string): boolean {
  return existsSync(join(workerdDir, "state"));
}

export function removeStationFile(path: string): void {
  for (const part of PARTS) rmSync(`${path}${part}`, { force: true });
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
