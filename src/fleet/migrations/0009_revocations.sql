-- By what names a certificate: `sha256:` and its fingerprint, or `serial:`, the issuer's key and the number that this gave it.
CREATE TABLE revocations (
  key TEXT PRIMARY KEY,
  -- 'api', or the key identifier of the CA whose list names it.
  source TEXT NOT NULL,
  fingerprint TEXT,
  issuer TEXT,
  serial_number TEXT,
  reason TEXT NOT NULL,
  actor TEXT,
  -- ms since the epoch
  at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX revocations_told ON revocations (at, key) WHERE source = 'api';
CREATE INDEX revocations_listed ON revocations (source, serial_number) WHERE source <> 'api';

CREATE TABLE crls (
  issuer TEXT PRIMARY KEY,
  number TEXT,
  -- ms since the epoch
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  -- JSON: who put it or where it was fetched, and when; what went wrong since.
  origin TEXT NOT NULL
) WITHOUT ROWID;

-- Of the connection that there is, or was last.
ALTER TABLE stations ADD COLUMN certificate_key TEXT;
ALTER TABLE stations ADD COLUMN certificate_serial_key TEXT;
CREATE INDEX stations_certificate_key ON stations (certificate_key) WHERE certificate_key IS NOT NULL;
CREATE INDEX stations_certificate_serial_key ON stations (certificate_serial_key) WHERE certificate_serial_key IS NOT NULL;
