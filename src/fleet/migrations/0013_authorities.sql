-- CAs that stations showed in chains which led to a root of STATION_CAS, and which that setting does not have: a revocation of one
-- closes what it let in.
CREATE TABLE authorities (
  fingerprint TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  issuer_key_id TEXT,
  serial_number TEXT,
  -- ms since the epoch
  at INTEGER NOT NULL
) WITHOUT ROWID;
