/**
 * As much of D1 as the fleet asks for, in memory, with the directory's migrations applied. Must not know what a test expects of it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

const MIGRATIONS = join(import.meta.dirname, "../../src/fleet/migrations");

function d1(database: DatabaseSync): object {
  const prepare = (query: string, values: SQLInputValue[] = []): object => {
    // node:sqlite tells `?1` by name, D1 by place.
    const all = () => database.prepare(query.replaceAll(/\?(\d)/g, "?$1")).all(...values);
    return {
      bind: (...given: SQLInputValue[]) => prepare(query, given),
      all: async () => ({ results: all() }),
      run: async () => ({ results: all() }),
      first: async () => all()[0] ?? null,
    };
  };
  /** One after the other. */
  const batch = async (statements: { run(): Promise<unknown> }[]) => {
    const done: unknown[] = [];
    for (const each of statements) done.push(await each.run());
    return done;
  };
  return { prepare, batch };
}

/** @param before what stood in a database of the first release */
export function migrated(before = ""): { database: DatabaseSync; directory: object } {
  const database = new DatabaseSync(":memory:");
  const [first = "", ...others] = readdirSync(MIGRATIONS).sort();
  database.exec(readFileSync(join(MIGRATIONS, first), "utf8"));
  database.exec(before);
  for (const file of others) database.exec(readFileSync(join(MIGRATIONS, file), "utf8"));
  return { database, directory: d1(database) };
}
