-- Which station a campaign's command was for.
CREATE INDEX campaign_members_command ON campaign_members (command_id) WHERE command_id IS NOT NULL;
