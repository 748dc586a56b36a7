CREATE TABLE stations (
  station_id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  deregistered INTEGER NOT NULL,
  registered_profile INTEGER,
  labels TEXT NOT NULL,
  online INTEGER NOT NULL,
  protocol TEXT,
  security_profile INTEGER,
  vendor TEXT,
  model TEXT,
  undelivered INTEGER NOT NULL
) WITHOUT ROWID;
