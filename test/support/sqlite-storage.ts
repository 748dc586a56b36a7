/**
 * The part of an object's storage that a station's store uses, over a database in this process. Must not know its tables.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { ObjectStorage } from "../../src/station/storage/object-storage.ts";

export interface SqliteStorage {
  storage: ObjectStorage;
  /** What was asked, since it was last emptied. */
  statements: { query: string; rows: number }[];
}

export function sqliteStorage(): SqliteStorage {
  const database = new DatabaseSync(":memory:");
  const statements: SqliteStorage["statements"] = [];
  const exec = (query: string, ...bindings: SQLInputValue[]) => {
    if (query.includes("CREATE TABLE")) {
      database.exec(query);
      return { toArray: () => [], rowsRead: 0, rowsWritten: 0 };
    }
    const rows = database.prepare(query).all(...bindings);
    statements.push({ query, rows: rows.length });
    return { toArray: () => rows, [Symbol.iterator]: () => rows.values(), rowsRead: rows.length, rowsWritten: 1 };
  };
  const storage = { sql: { exec, databaseSize: 0 }, transactionSync: (work: () => unknown) => work() };
  return { storage: storage as unknown as ObjectStorage, statements };
}
