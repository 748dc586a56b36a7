-- Identities that knocked and that nobody registered; `source` is who knocks, as far as one party can be told from another.
CREATE TABLE newcomers (
  station_id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL,
  remote_address TEXT,
  protocols TEXT NOT NULL,
  transport TEXT NOT NULL,
  certificate TEXT,
  reason TEXT NOT NULL
) WITHOUT ROWID;
-- Refused connections of a registered station since it was connected last; ms since the epoch. What is older than `connected_at` counts no more.
ALTER TABLE stations ADD COLUMN refused_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stations ADD COLUMN refused_since INTEGER;
ALTER TABLE stations ADD COLUMN refused_at INTEGER;
ALTER TABLE stations ADD COLUMN refused_reason TEXT;
ALTER TABLE stations ADD COLUMN connected_at INTEGER NOT NULL DEFAULT 0;
