-- How the fleet stood: a row each minute for a day, and each hour for a month. `step` in seconds, `at` in ms since the epoch, `sample` JSON.
CREATE TABLE series (
  step INTEGER NOT NULL,
  at INTEGER NOT NULL,
  sample TEXT NOT NULL,
  PRIMARY KEY (step, at)
) WITHOUT ROWID;
