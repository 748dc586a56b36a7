/**
 * A station's SQLite: statements counted, schema brought up to date, and the few named facts. Must not know what
 * the facts mean to the protocol.
 */
import type { Cursors } from "../delivery/outbox.ts";
import type { StationStatus } from "../ocpp/station-status.ts";
import type { Registration } from "../security/admission.ts";
import { MIGRATIONS } from "./migrations.ts";

export interface StoredRegistration extends Registration {
  /** Random, new with each first registration: part of every event id. */
  incarnation: string;
  validation?: "strict" | "lenient";
  locationHint?: string;
  labels: Record<string, string>;
}

export interface ConnectionFacts {
  id: string;
  protocol: string;
  securityProfile: number;
  /** ms since the epoch */
  since: number;
  remoteAddress: string | null;
  certificate: { fingerprint: string; notAfter: number } | null;
}

/** What is kept of deliveries, in one row, so that a drained batch costs one. */
export interface DeliveryFacts {
  cursors: Cursors;
  /** The projection of the log up to `statusSequence`; newer events are folded in when the object wakes. */
  status: StationStatus;
  statusSequence: number;
}

/** Each is one row of the table `facts`. */
export interface Facts {
  schema: number;
  registration: StoredRegistration;
  /** The connection that was accepted last and whose end is not in the log yet. */
  connection: ConnectionFacts;
  delivery: DeliveryFacts;
}

export class Store {
  readonly #storage: DurableObjectStorage;
  #facts: Partial<Facts> | null = null;
  /** Rows since the object woke, by SQLite's own count. */
  rowsWritten = 0;
  rowsRead = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  run<Row extends Record<string, SqlStorageValue>>(query: string, ...bindings: SqlStorageValue[]): Row[] {
    const cursor = this.#storage.sql.exec<Row>(query, ...bindings);
    const rows = cursor.toArray();
    this.rowsWritten += cursor.rowsWritten;
    this.rowsRead += cursor.rowsRead;
    return rows;
  }

  get bytes(): number {
    return this.#storage.sql.databaseSize;
  }

  /** `undefined`: not known. A station that was never registered has no table, and asking for it makes none. */
  fact<Key extends keyof Facts>(key: Key): Facts[Key] | undefined {
    return this.#load()[key];
  }

  setFact<Key extends keyof Facts>(key: Key, value: Facts[Key]): void {
    this.#load()[key] = value;
    this.run(
      "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value",
      key,
      JSON.stringify(value),
    );
  }

  clearFact(key: keyof Facts): void {
    if (this.#load()[key] === undefined) return;
    delete this.#load()[key];
    this.run("DELETE FROM facts WHERE key = ?1", key);
  }

  /** Makes what is missing of the schema. Only a registration calls it on an empty object. */
  migrate(): void {
    const applied = this.#load().schema ?? 0;
    if (applied >= MIGRATIONS.length) return;
    // Half a schema would pass for none.
    this.#storage.transactionSync(() => {
      for (const step of MIGRATIONS.slice(applied)) this.run(step);
      this.setFact("schema", MIGRATIONS.length);
    });
  }

  /** Forgets everything, the tables included. */
  async clear(): Promise<void> {
    this.#facts = null;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  #load(): Partial<Facts> {
    if (this.#facts !== null) return this.#facts;
    const rows = this.#rows();
    this.#facts = Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value)])) as Partial<Facts>;
    // A newer release wakes an object that an older one wrote.
    if (this.#facts.schema !== undefined && this.#facts.schema < MIGRATIONS.length) this.migrate();
    return this.#facts;
  }

  #rows(): { key: string; value: string }[] {
    try {
      return this.run<{ key: string; value: string }>("SELECT key, value FROM facts");
    } catch (error) {
      // Never registered. To ask beforehand would cost every wake another statement.
      if (/no such table/.test(String(error))) return [];
      throw error;
    }
  }
}
