/**
 * Brings the local D1 database up to date, as `wrangler d1 migrations apply` would. Must not know what the tables mean.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sqlStatements } from "./wrangler-readings.ts";

interface Statement {
  bind(...values: unknown[]): Statement;
  all<Row>(): Promise<{ results: Row[] }>;
  run(): Promise<unknown>;
}
export interface Database {
  prepare(sql: string): Statement;
  batch(statements: Statement[]): Promise<unknown>;
}

/** wrangler's own table, so that either may go on where the other stopped. */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

export function migrationFiles(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith(".sql"))
    .sort();
}

export async function applyMigrations(database: Database, dir: string): Promise<void> {
  const known = new Set(await appliedMigrations(database));
  for (const name of migrationFiles(dir)) {
    if (known.has(name)) continue;
    const statements = await sqlStatements(join(dir, name));
    // One batch is one transaction: a migration that fails half-way is not there at all, nor marked as applied.
    await database.batch([
      ...statements.map((sql) => database.prepare(sql)),
      database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ]);
  }
}

/** @throws where a newer release has been at the database */
export async function refuseNewer(database: Database, dir: string): Promise<void> {
  const last = migrationFiles(dir).at(-1) ?? "";
  const newer = (await appliedMigrations(database)).filter((name) => name > last);
  if (newer.length === 0) return;
  throw new Error(
    `The directory of stations was migrated (${newer.join(", ")}) by a newer release of Kerbside; ` +
      "start that one, or take another KERBSIDE_DIR",
  );
}

async function appliedMigrations(database: Database): Promise<string[]> {
  await database.prepare(CREATE_TABLE).run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  return results.map(({ name }) => name);
}
