-- What stations reported as `ocpp.security`, the newest 1,000; at most one an hour of a kind and station.
CREATE TABLE security_events (
  at INTEGER NOT NULL,
  station_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (at, station_id, kind)
) WITHOUT ROWID;
CREATE INDEX stations_refused ON stations (refused_at, station_id) WHERE refused_at IS NOT NULL;
