/**
 * The SQL schema of a station's object, as the steps that lead to it. An applied step is never edited; append one.
 */

/** Each step is one batch of statements; the number of applied steps is the fact `schema`. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE log (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL);
   CREATE TABLE commands (
     id TEXT PRIMARY KEY, action TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL, outcome TEXT,
     created_at INTEGER NOT NULL, sent_at INTEGER, completed_at INTEGER,
     timeout_ms INTEGER NOT NULL, expires_at INTEGER NOT NULL, keep_offline INTEGER NOT NULL, retry TEXT NOT NULL,
     idempotency_key TEXT, body_digest TEXT
   ) WITHOUT ROWID;
   CREATE UNIQUE INDEX commands_by_key ON commands (idempotency_key) WHERE idempotency_key IS NOT NULL;
   CREATE INDEX commands_queued ON commands (id) WHERE state = 'queued';`,
];
