/**
 * All campaigns, the newest first, with how far each is. Must not know how one is made.
 */
import type { Campaign } from "../../../client/kerbside.ts";
import { usePagedList } from "../../data/paged-list.ts";
import { href } from "../../data/route.ts";
import { Badge } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page } from "../../parts/page.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { ProgressBar, Settled } from "./campaign-progress.tsx";
import { CAMPAIGN_TONES, partsOf } from "./campaign-states.ts";

/** While one runs its numbers move; more often than that nobody reads them. */
const EVERY_MS = 3_000;
const keyOf = ({ campaignId }: Campaign): string => campaignId;

const COLUMNS: readonly Column<Campaign>[] = [
  {
    ...{ key: "name", title: "Campaign", width: "minmax(160px, 2fr)", narrow: "lead" },
    cell: ({ campaignId, name }) => (
      <a class="lead clip" href={href(["campaigns", campaignId])}>
        {name}
      </a>
    ),
  },
  {
    ...{ key: "state", title: "State", width: "96px", narrow: "trail" },
    cell: ({ state }) => <Badge tone={CAMPAIGN_TONES[state]}>{state}</Badge>,
  },
  {
    ...{ key: "progress", title: "Progress", width: "minmax(120px, 1.4fr)", narrow: "under" },
    cell: (campaign) => <ProgressBar campaign={campaign} />,
  },
  {
    ...{ key: "settled", title: "Settled", width: "92px", isEnd: true, narrow: "under-trail" },
    cell: (campaign) => <Settled campaign={campaign} />,
  },
  {
    ...{ key: "failed", title: "Failed", width: "56px", isEnd: true },
    cell: (campaign) => <Failed campaign={campaign} />,
  },
  {
    ...{ key: "action", title: "Action", width: "minmax(110px, 1fr)" },
    cell: ({ action }) => <code>{action}</code>,
  },
  {
    ...{ key: "rate", title: "A second", width: "68px", isEnd: true },
    cell: ({ ratePerSecond }) => ratePerSecond,
  },
  { ...{ key: "actor", title: "By", width: "minmax(80px, 0.8fr)" }, cell: ({ actor }) => actor },
  {
    ...{ key: "created", title: "Made", width: "90px", isEnd: true },
    cell: ({ createdAt }) => <Time at={createdAt} />,
  },
];

function Failed({ campaign: { campaignId, progress } }: { campaign: Campaign }) {
  const { failed } = partsOf(progress);
  if (failed === 0) return <span class="muted">0</span>;
  return (
    <a class="bad number" href={href(["campaigns", campaignId])} aria-label={`${failed} failed`}>
      {failed}
    </a>
  );
}

export function CampaignList() {
  const list = usePagedList<Campaign>(
    "campaigns",
    keyOf,
    async (client, cursor) => {
      const page = await client.campaigns.page({ cursor: cursor ?? undefined });
      return { rows: page.campaigns, cursor: page.cursor };
    },
    EVERY_MS,
  );
  return (
    <Page isFull>
      <div class="line spread wrap">
        <p class="muted">One command to many stations, so many a second.</p>
        <a class="button main" href="#/campaigns/new">
          <Icon name="plus" size={14} /> New campaign
        </a>
      </div>
      <Shown resource={list}>
        {(campaigns) =>
          campaigns.length === 0 ? (
            <State icon="campaigns" title="No campaign yet">
              <p>
                A campaign sends one command to the stations you choose: to reset a site, to ask a fleet for its status.
              </p>
              <p>
                Choose stations on <a href="#/stations">Stations</a>, or{" "}
                <a href="#/campaigns/new">begin with a command</a>.
              </p>
            </State>
          ) : (
            <Table
              isLong
              label="Campaigns"
              rows={campaigns}
              columns={COLUMNS}
              keyOf={keyOf}
              onNearEnd={list.more}
              onSeen={list.seen}
            />
          )
        }
      </Shown>
    </Page>
  );
}
