/**
 * The part of an object's storage that a station's store uses. Must not know its tables, nor whose storage it is.
 */

export type SqlValue = ArrayBuffer | string | number | null;

export interface SqlCursor<Row> extends Iterable<Row> {
  toArray(): Row[];
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

export interface ObjectStorage {
  readonly sql: {
    exec<Row extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<Row>;
    readonly databaseSize: number;
  };
  transactionSync<Done>(work: () => Done): Done;
  deleteAll(): Promise<void>;
}
