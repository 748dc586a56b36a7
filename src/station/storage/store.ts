/**
 * A station's SQLite: statements counted, schema brought up to date, the few named facts, and documents by key. Must not
 * know what they mean to the protocol.
 */
import { parseJson } from "../../json.ts";
import { DAMAGED_FACTS, NEWER_SCHEMA, storageFaultOf } from "../../storage-fault.ts";
import type { Facts } from "./facts.ts";
import { BYTES, IS_PROJECTED } from "./log-sql.ts";
import { MIGRATIONS, SCHEMA, SCHEMA_VERSION } from "./migrations.ts";
import type { ObjectStorage, SqlValue } from "./object-storage.ts";

/** Documents sort behind all facts, which are read at every wake while documents are not. */
export type DocumentKey = `~${string}`;

/** A row of the log, its data still JSON. */
export type LogRow = { sequence: number; at: number; type: string; data: string };

/** A row of which a wake needs no more than that it is there has no data. */
export type NewestRow = Omit<LogRow, "data"> & { data: string | null; bytes: number };

/** Bytes of events between two rows that say what the status is: no row that is read at a wake is as large. */
export const UNSAVED_MAX_BYTES = 262_144;

/** All that a wake needs in one statement, since each distinct one costs every awake object 4 KB: the facts, and what came after them. */
const WAKE = `
  SELECT key, value, NULL AS at, NULL AS type, 0 AS bytes FROM facts WHERE key < '~' UNION ALL
  SELECT sequence, iif(${BYTES} < ${UNSAVED_MAX_BYTES}, iif(${IS_PROJECTED}, data, NULL), NULL), at, type, ${BYTES} FROM log
    WHERE sequence > ifnull((SELECT value ->> 'statusSequence' FROM facts WHERE key = 'delivery'), 0)`;

const UPSERT =
  "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value";

export class Store {
  readonly #storage: ObjectStorage;
  #facts: Partial<Facts> | null = null;
  #newest: NewestRow[] = [];
  /** Rows since the object woke, by SQLite's own count. */
  rowsWritten = 0;
  rowsRead = 0;

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
  }

  run<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): Row[] {
    const cursor = this.#storage.sql.exec<Row>(query, ...bindings);
    const rows = cursor.toArray();
    this.rowsWritten += cursor.rowsWritten;
    this.rowsRead += cursor.rowsRead;
    return rows;
  }

  /** @throws where no row was written: whoever counts on that row must not go on. */
  write(what: string, query: string, ...bindings: SqlValue[]): void {
    const before = this.rowsWritten;
    this.run(query, ...bindings);
    if (this.rowsWritten === before)
      throw new Error(`${what} was not written: the storage is not as this object left it`);
  }

  /** Row by row, no further than it is asked for. */
  *each<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): Generator<Row> {
    const cursor = this.#storage.sql.exec<Row>(query, ...bindings);
    try {
      yield* cursor;
    } finally {
      this.rowsRead += cursor.rowsRead;
    }
  }

  /** What is kept cannot be read. @throws where it cannot be told now */
  get isDamaged(): boolean {
    try {
      this.#load();
      return false;
    } catch (error) {
      if (storageFaultOf(error) === "damaged") return true;
      throw error;
    }
  }

  get bytes(): number {
    return this.#storage.sql.databaseSize;
  }

  /** `undefined`: not known. A station that was never registered has no table, and asking for it makes none. */
  fact<Key extends keyof Facts>(key: Key): Facts[Key] | undefined {
    return this.#load()[key];
  }

  /** The rows of the log that the fact `delivery` does not cover, as they were when the object woke; once. */
  takeNewest(): NewestRow[] {
    this.#load();
    return this.#newest.splice(0).sort((a, b) => a.sequence - b.sequence);
  }

  setFact<Key extends keyof Facts>(key: Key, value: Facts[Key]): void {
    this.#load()[key] = value;
    this.run(UPSERT, key, JSON.stringify(value));
  }

  /** One row, or none. */
  dropFact(key: keyof Facts): void {
    delete this.#load()[key];
    this.run("DELETE FROM facts WHERE key = ?1", key);
  }

  /** Leaves nothing of a registration but its log and what `ended` says; nothing at all of those that are `forgotten`. */
  endRegistration(ended: Facts["ended"], forgotten: Facts["ended"]): void {
    const { schema = SCHEMA_VERSION } = this.#load();
    // Should it fail all is as before, and read anew.
    this.#facts = null;
    this.#storage.transactionSync(() => {
      for (const { floor, head } of forgotten) this.deleteLog(floor, head);
      this.run(UPSERT, "ended", JSON.stringify(ended));
      this.run("DELETE FROM facts WHERE key NOT IN ('schema', 'ended')");
    });
    this.#facts = { schema, ended };
  }

  /** Events behind `floor`, up to `head`. */
  deleteLog(floor: number, head: number): void {
    this.run("DELETE FROM log WHERE sequence > ?1 AND sequence <= ?2", floor, head);
  }

  /** JSON, as it was written; `undefined`: there is none. */
  documentText(key: DocumentKey): string | undefined {
    return this.run<{ value: string }>("SELECT value FROM facts WHERE key = ?1", key)[0]?.value;
  }

  setDocument(key: DocumentKey, value: unknown): void {
    this.run(UPSERT, key, JSON.stringify(value));
  }

  /** In one statement, each a row. */
  deleteDocuments(keys: readonly DocumentKey[]): void {
    this.run("DELETE FROM facts WHERE key IN (SELECT value FROM json_each(?1))", JSON.stringify(keys));
  }

  /** Makes the tables of an object that has none. Only a registration may. */
  create(): void {
    if (this.#load().schema !== undefined) return;
    // Half a schema would pass for none.
    this.#storage.transactionSync(() => {
      this.run(SCHEMA);
      this.setFact("schema", SCHEMA_VERSION);
    });
  }

  /** Forgets everything, the tables and the alarm included: at once, so that what is written next stays. */
  clear(): Promise<void> {
    this.#facts = null;
    this.#newest = [];
    return this.#storage.deleteAll();
  }

  #load(): Partial<Facts> {
    this.#facts ??= this.#read();
    const { schema = SCHEMA_VERSION } = this.#facts;
    // A newer release wakes an object that an older one wrote.
    if (schema < SCHEMA_VERSION) this.#facts = this.#migrate(schema);
    if (schema > SCHEMA_VERSION) {
      this.#facts = null;
      throw new Error(`the database has schema ${schema}, newer than ${SCHEMA_VERSION}: ${NEWER_SCHEMA}`);
    }
    return this.#facts;
  }

  #migrate(from: number): Partial<Facts> {
    this.#storage.transactionSync(() => {
      for (const step of MIGRATIONS.slice(from - 1)) this.run(step);
      this.run(UPSERT, "schema", JSON.stringify(SCHEMA_VERSION));
    });
    return this.#read();
  }

  #read(): Partial<Facts> {
    const facts: [string, unknown][] = [];
    this.#newest = [];
    for (const { key, value, at, type, bytes } of this.#rows()) {
      if (at === null || type === null) facts.push([String(key), parse(String(key), value ?? "")]);
      else this.#newest.push({ sequence: Number(key), at, type, data: value, bytes });
    }
    return Object.fromEntries(facts) as Partial<Facts>;
  }

  #rows(): { key: string | number; value: string | null; at: number | null; type: string | null; bytes: number }[] {
    try {
      return this.run(WAKE);
    } catch (error) {
      // Never registered. To ask beforehand would cost every wake another statement.
      if (/no such table/.test(String(error))) return [];
      throw error;
    }
  }
}

function parse(key: string, value: string): unknown {
  try {
    return parseJson(value);
  } catch {
    throw new Error(`the fact ${key} is no JSON: ${DAMAGED_FACTS}`);
  }
}
