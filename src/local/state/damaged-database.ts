/**
 * Which database keeps an edge from starting: workerd ends without a word of the file. Must not know what is in it; a station's own
 * is that station's trouble alone.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What miniflare keeps of all objects of a class, their alarms among it. */
const OBJECTS = "metadata.sqlite";

/** A sentence with the file, the cause and the remedy; `null`: all of them can be read. */
export function damagedDatabase(dir: string): string | null {
  for (const path of databasesIn(dir)) {
    const fault = faultOf(path);
    if (fault === null) continue;
    const remedy =
      basename(path) === OBJECTS
        ? "or delete it: it is made anew"
        : "or delete it: the list of stations is made again from what each has";
    return `The database ${path} is damaged (${fault}); bring it back from a copy, ${remedy}`;
  }
  return null;
}

function databasesIn(dir: string): string[] {
  const states = readdirSync(dir)
    .filter((name) => name === "state" || /^workerd-\d+$/.test(name))
    .map((name) => (name === "state" ? join(dir, name) : join(dir, name, "state")));
  return states
    .filter((state) => existsSync(state))
    .flatMap((state) => readdirSync(state, { recursive: true, encoding: "utf8" }).map((name) => join(state, name)))
    .filter((path) => path.endsWith(".sqlite") && (basename(path) === OBJECTS || isDirectory(path)));
}

const isDirectory = (path: string): boolean => basename(dirname(dirname(path))) === "d1";

function faultOf(path: string): string | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const [row] = database.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
    return row === undefined || row.quick_check === "ok" ? null : row.quick_check;
  } catch (error) {
    return (error as Error).message;
  } finally {
    database?.close();
  }
}
