-- Who did what, and was let or refused. Appended to, and emptied from its old end, by key alone: an entry is two rows, of which the second is for what concerns a station.
CREATE TABLE audit (
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  station_id TEXT,
  detail TEXT NOT NULL,
  PRIMARY KEY (actor, at, id)
) WITHOUT ROWID;
CREATE INDEX audit_by_station ON audit (station_id, at, id) WHERE station_id IS NOT NULL;
