-- 9007199254740991, the largest time that there is: while it is online, a station is offline since never.
ALTER TABLE stations ADD COLUMN offline_since INTEGER NOT NULL DEFAULT 9007199254740991;
ALTER TABLE stations ADD COLUMN offline_kind TEXT NOT NULL DEFAULT 'unknown';
-- JSON: code, reason and what else is known of the last disconnect.
ALTER TABLE stations ADD COLUMN disconnect TEXT;
ALTER TABLE stations ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stations ADD COLUMN serial_number TEXT;
ALTER TABLE stations ADD COLUMN certificate_not_after INTEGER;
ALTER TABLE stations ADD COLUMN has_csms INTEGER NOT NULL DEFAULT 0;
-- All that `q` looks at, in small letters, a line each; and its rowid in station_search.
ALTER TABLE stations ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
ALTER TABLE stations ADD COLUMN doc INTEGER;
UPDATE stations SET
  offline_since = CASE online WHEN 1 THEN 9007199254740991 ELSE at END, changed_at = at,
  search_text = lower(station_id || char(10) || coalesce(vendor, '') || char(10) || coalesce(model, '') || char(10) || char(10)
    || coalesce((SELECT group_concat(value, char(10)) FROM json_each(labels)), ''));

CREATE INDEX stations_changed ON stations (changed_at, station_id);
CREATE INDEX stations_offline ON stations (offline_since, station_id);
CREATE INDEX stations_live ON stations (online, protocol, station_id);
CREATE INDEX stations_profile ON stations (registered_profile, station_id);
CREATE INDEX stations_vendor ON stations (vendor, station_id);
CREATE INDEX stations_model ON stations (model, station_id);
CREATE INDEX stations_certificate ON stations (certificate_not_after, station_id) WHERE certificate_not_after IS NOT NULL;
CREATE INDEX stations_undelivered ON stations (undelivered, station_id);
CREATE INDEX stations_csms ON stations (has_csms, station_id);

CREATE TABLE station_labels (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  station_id TEXT NOT NULL,
  PRIMARY KEY (name, value, station_id)
) WITHOUT ROWID;

CREATE VIRTUAL TABLE station_search USING fts5 (station_id UNINDEXED, text, tokenize = 'trigram', columnsize = 0);

-- What the fleet comes to. A station is in one cell, and moves at most from one to another at a transition.
CREATE TABLE fleet_cells (
  online INTEGER NOT NULL,
  registered_profile INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  security_profile INTEGER NOT NULL,
  offline_kind TEXT NOT NULL,
  stations INTEGER NOT NULL,
  undelivered INTEGER NOT NULL,
  dead_letters INTEGER NOT NULL,
  PRIMARY KEY (online, registered_profile, protocol, security_profile, offline_kind)
) WITHOUT ROWID;
-- '': of those that have not said theirs.
CREATE TABLE fleet_vendors (vendor TEXT PRIMARY KEY, stations INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX fleet_vendors_largest ON fleet_vendors (stations DESC, vendor);

CREATE TRIGGER stations_inserted AFTER INSERT ON stations BEGIN
  INSERT INTO station_labels SELECT key, value, NEW.station_id FROM json_each(NEW.labels);
  INSERT INTO station_search (station_id, text) VALUES (NEW.station_id, NEW.search_text);
  UPDATE stations SET doc = last_insert_rowid() WHERE station_id = NEW.station_id;
  INSERT INTO fleet_cells VALUES (NEW.online, coalesce(NEW.registered_profile, -1), coalesce(NEW.protocol, ''),
    coalesce(NEW.security_profile, -1), CASE NEW.online WHEN 1 THEN '' ELSE NEW.offline_kind END, 1, NEW.undelivered, NEW.dead_letters)
    ON CONFLICT DO UPDATE SET stations = stations + 1, undelivered = undelivered + NEW.undelivered,
      dead_letters = dead_letters + NEW.dead_letters;
  INSERT INTO fleet_vendors VALUES (coalesce(NEW.vendor, ''), 1) ON CONFLICT DO UPDATE SET stations = stations + 1;
END;

CREATE TRIGGER stations_deleted AFTER DELETE ON stations BEGIN
  DELETE FROM station_labels WHERE (name, value, station_id) IN (SELECT key, value, OLD.station_id FROM json_each(OLD.labels));
  DELETE FROM station_search WHERE rowid = OLD.doc;
  UPDATE fleet_cells SET stations = stations - 1, undelivered = undelivered - OLD.undelivered,
    dead_letters = dead_letters - OLD.dead_letters
    WHERE online = OLD.online AND registered_profile = coalesce(OLD.registered_profile, -1)
      AND protocol = coalesce(OLD.protocol, '') AND security_profile = coalesce(OLD.security_profile, -1)
      AND offline_kind = CASE OLD.online WHEN 1 THEN '' ELSE OLD.offline_kind END;
  UPDATE fleet_vendors SET stations = stations - 1 WHERE vendor = coalesce(OLD.vendor, '');
  DELETE FROM fleet_vendors WHERE vendor = coalesce(OLD.vendor, '') AND stations = 0;
END;

CREATE TRIGGER stations_moved
AFTER UPDATE OF online, registered_profile, protocol, security_profile, offline_kind, undelivered, dead_letters ON stations
WHEN (OLD.online, OLD.registered_profile, OLD.protocol, OLD.security_profile, OLD.offline_kind, OLD.undelivered, OLD.dead_letters)
  IS NOT (NEW.online, NEW.registered_profile, NEW.protocol, NEW.security_profile, NEW.offline_kind, NEW.undelivered, NEW.dead_letters)
BEGIN
  UPDATE fleet_cells SET stations = stations - 1, undelivered = undelivered - OLD.undelivered,
    dead_letters = dead_letters - OLD.dead_letters
    WHERE online = OLD.online AND registered_profile = coalesce(OLD.registered_profile, -1)
      AND protocol = coalesce(OLD.protocol, '') AND security_profile = coalesce(OLD.security_profile, -1)
      AND offline_kind = CASE OLD.online WHEN 1 THEN '' ELSE OLD.offline_kind END;
  INSERT INTO fleet_cells VALUES (NEW.online, coalesce(NEW.registered_profile, -1), coalesce(NEW.protocol, ''),
    coalesce(NEW.security_profile, -1), CASE NEW.online WHEN 1 THEN '' ELSE NEW.offline_kind END, 1, NEW.undelivered, NEW.dead_letters)
    ON CONFLICT DO UPDATE SET stations = stations + 1, undelivered = undelivered + NEW.undelivered,
      dead_letters = dead_letters + NEW.dead_letters;
END;

CREATE TRIGGER stations_labelled AFTER UPDATE OF labels ON stations WHEN OLD.labels IS NOT NEW.labels BEGIN
  DELETE FROM station_labels WHERE (name, value, station_id) IN (SELECT key, value, OLD.station_id FROM json_each(OLD.labels));
  INSERT INTO station_labels SELECT key, value, NEW.station_id FROM json_each(NEW.labels);
END;

CREATE TRIGGER stations_vended AFTER UPDATE OF vendor ON stations WHEN OLD.vendor IS NOT NEW.vendor BEGIN
  UPDATE fleet_vendors SET stations = stations - 1 WHERE vendor = coalesce(OLD.vendor, '');
  DELETE FROM fleet_vendors WHERE vendor = coalesce(OLD.vendor, '') AND stations = 0;
  INSERT INTO fleet_vendors VALUES (coalesce(NEW.vendor, ''), 1) ON CONFLICT DO UPDATE SET stations = stations + 1;
END;

CREATE TRIGGER stations_described AFTER UPDATE OF search_text ON stations WHEN OLD.search_text IS NOT NEW.search_text BEGIN
  UPDATE station_search SET text = NEW.search_text WHERE rowid = OLD.doc;
END;

INSERT INTO station_labels SELECT key, value, station_id FROM stations, json_each(labels);
INSERT INTO station_search (station_id, text) SELECT station_id, search_text FROM stations ORDER BY station_id;
UPDATE stations SET doc = docs.id FROM (SELECT rowid AS id, station_id AS name FROM station_search) AS docs
  WHERE station_id = docs.name;
INSERT INTO fleet_cells SELECT online, coalesce(registered_profile, -1), coalesce(protocol, ''), coalesce(security_profile, -1),
  CASE online WHEN 1 THEN '' ELSE offline_kind END, count(*), sum(undelivered), sum(dead_letters) FROM stations GROUP BY 1, 2, 3, 4, 5;
INSERT INTO fleet_vendors SELECT coalesce(vendor, ''), count(*) FROM stations GROUP BY 1;

-- What is longer than a number: how far the reconciliation has come.
CREATE TABLE fleet_marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
