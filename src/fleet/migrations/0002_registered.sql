-- A row is one registration, told from an earlier one of the same station by its incarnation; what is deregistered has none.
ALTER TABLE stations ADD COLUMN incarnation TEXT NOT NULL DEFAULT '';
ALTER TABLE stations ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
CREATE TABLE fleet (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO fleet SELECT 'sequence-floor', coalesce(max(sequence), 0) FROM stations WHERE deregistered = 1;
DELETE FROM stations WHERE deregistered = 1;
