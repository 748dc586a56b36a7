-- What the fleet has counted, all of it one row, which each batch of the queue writes once: a row a series would be ten times as dear.
-- `recent` are the ids of the words that were added last, so that one which comes again is not counted again.
CREATE TABLE metrics (
  name TEXT PRIMARY KEY,
  sums TEXT NOT NULL,
  recent TEXT NOT NULL,
  at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO metrics VALUES ('counters', '{}', '[]', 0);

-- Of a station whose events some webhook does not take, as it said last: how many wait, and the time of the oldest in ms since the epoch.
ALTER TABLE stations ADD COLUMN backlog_events INTEGER;
ALTER TABLE stations ADD COLUMN backlog_since INTEGER;
