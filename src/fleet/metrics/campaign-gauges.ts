/**
 * How many campaigns there are in each state, and how far those under way have come with their stations. Must not know what a
 * campaign does.
 */
import { gaugeOf, type Metric } from "./metric.ts";

/** Of a thousand at most, which is what is kept. */
const CAMPAIGNS = "SELECT state, count(*) AS count FROM campaigns WHERE state <> 'draft' GROUP BY state";
/** The primary key of the sums begins with the campaign. */
const STATIONS = `SELECT campaign_sums.state AS state, sum(campaign_sums.stations) AS count
  FROM campaigns JOIN campaign_sums ON campaign_id = id
  WHERE campaigns.state IN ('scheduled', 'running', 'paused', 'cancelling') GROUP BY 1`;

export async function campaignGauges(directory: D1Database): Promise<Metric[]> {
  const [campaigns, stations] = await directory.batch<{ state: string; count: number }>([
    directory.prepare(CAMPAIGNS),
    directory.prepare(STATIONS),
  ]);
  const byState = (rows: D1Result<{ state: string; count: number }> | undefined) =>
    (rows?.results ?? []).map(({ state, count }) => ({ labels: { state }, value: count }));
  return [
    gaugeOf("kerbside_campaigns", "Campaigns, by state.", byState(campaigns)),
    gaugeOf(
      "kerbside_campaign_stations",
      "Stations of the campaigns that have not ended, by what became of their command.",
      byState(stations),
    ),
  ];
}
