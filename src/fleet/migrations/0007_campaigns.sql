-- What a campaign asks of whom. `reach` is the part of the fleet that its key is bound to, as JSON; `state` a copy of what its object says.
CREATE TABLE campaigns (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  name TEXT NOT NULL,
  actor TEXT NOT NULL,
  reach TEXT NOT NULL,
  request_key TEXT UNIQUE,
  request_digest TEXT NOT NULL,
  action TEXT NOT NULL,
  payload TEXT NOT NULL,
  rate_per_second INTEGER NOT NULL,
  expires_in_seconds INTEGER NOT NULL,
  start_at INTEGER,
  state TEXT NOT NULL,
  stations INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) WITHOUT ROWID;
CREATE INDEX campaigns_newest ON campaigns (created_at, id);
CREATE INDEX campaigns_by_reach ON campaigns (reach, created_at, id);

-- A station of a campaign, and what became of its command. `check_at` is when its object is asked, should nothing be heard of it.
CREATE TABLE campaign_members (
  campaign_id TEXT NOT NULL,
  station_id TEXT NOT NULL,
  state TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  check_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  command_id TEXT,
  answer TEXT,
  reason TEXT,
  PRIMARY KEY (campaign_id, station_id)
) WITHOUT ROWID;
CREATE INDEX campaign_members_by_state ON campaign_members (campaign_id, state, station_id);
CREATE INDEX campaign_members_due ON campaign_members (campaign_id, check_at) WHERE check_at IS NOT NULL;

-- Kept with each change of a member: what comes twice, or late, is in it once.
CREATE TABLE campaign_sums (
  campaign_id TEXT NOT NULL,
  state TEXT NOT NULL,
  stations INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, state)
) WITHOUT ROWID;

CREATE TRIGGER campaign_member_inserted AFTER INSERT ON campaign_members BEGIN
  INSERT INTO campaign_sums VALUES (NEW.campaign_id, NEW.state, 1) ON CONFLICT DO UPDATE SET stations = stations + 1;
END;

CREATE TRIGGER campaign_member_moved AFTER UPDATE OF state ON campaign_members WHEN OLD.state IS NOT NEW.state BEGIN
  UPDATE campaign_sums SET stations = stations - 1 WHERE campaign_id = OLD.campaign_id AND state = OLD.state;
  INSERT INTO campaign_sums VALUES (NEW.campaign_id, NEW.state, 1) ON CONFLICT DO UPDATE SET stations = stations + 1;
END;
