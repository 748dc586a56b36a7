/**
 * The SQL schema of a station's object: whole for a new one, and the steps that lead to it for one that an earlier release
 * made. An applied step is never edited; append one, and have `SCHEMA` say what all of them come to.
 */

/**
 * `facts` holds the named facts and, behind them, the documents. Each further table or index costs every object a page and
 * its definition in memory, whether or not it is ever used.
 */
export const SCHEMA = `
  CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE log (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL);`;

/** Step n leads from version n to n + 1; each is one batch of statements. The version is the fact `schema`. */
export const MIGRATIONS: readonly string[] = [
  // The commands become documents, and the connection moves into the row of the projection.
  `INSERT INTO facts SELECT '~command:' || id, json_object(
       'id', id, 'action', action, 'payload', json(payload), 'state', state, 'outcome', json(outcome),
       'createdAt', created_at, 'sentAt', sent_at, 'completedAt', completed_at, 'timeoutMs', timeout_ms,
       'expiresAt', expires_at, 'keepOffline', json(iif(keep_offline, 'true', 'false')), 'retry', retry,
       'idempotencyKey', idempotency_key, 'bodyDigest', body_digest)
     FROM commands;
   INSERT INTO facts SELECT '~key:' || idempotency_key, json_quote(id) FROM commands WHERE idempotency_key IS NOT NULL;
   INSERT INTO facts SELECT 'queue', json_group_array(id) FROM (SELECT id FROM commands WHERE state = 'queued' ORDER BY id);
   DROP TABLE commands;
   UPDATE facts SET value = json_set(value, '$.connection', (
       SELECT json_object(
         'connectionId', value ->> 'id', 'protocol', value ->> 'protocol', 'securityProfile', value ->> 'securityProfile',
         'remoteAddress', value ->> 'remoteAddress', 'since', strftime('%FT%H:%M:%fZ', (value ->> 'since') / 1000.0, 'unixepoch'),
         'certificate', iif(value ->> 'certificate' IS NULL, json('null'), json_object(
           'fingerprint', value ->> '$.certificate.fingerprint',
           'notAfter', strftime('%FT%H:%M:%fZ', (value ->> '$.certificate.notAfter') / 1000.0, 'unixepoch'))))
       FROM facts WHERE key = 'connection'))
     WHERE key = 'delivery';
   DELETE FROM facts WHERE key = 'connection';`,
];

export const SCHEMA_VERSION = MIGRATIONS.length + 1;
