/**
 * How the fleet stands now, each number with the list behind it. Must not know how it stood before.
 */
import type { Campaign } from "../../../client/fleet/campaigns.ts";
import type { Newcomer } from "../../../client/fleet/newcomers.ts";
import type { FleetSummary } from "../../../client/fleet/station-list.ts";
import { useResource } from "../../data/resource.ts";
import { href } from "../../data/route.ts";
import { may } from "../../data/session.ts";
import { count, Figure } from "../../parts/figure.tsx";
import { stationCount } from "../../parts/station-count.ts";
import { Time } from "../../parts/time.tsx";

/** ms: they change seldom, and one page of each is enough to count by. */
const EVERY_MS = 15_000;
const PAGE = 100;
/** Days in which somebody should do something about a certificate. */
const SOON = "14";

export function Standing({ summary }: { summary: FleetSummary }) {
  const { stations, online, offline, onlineBySecurityProfile: by } = summary;
  const soon = summary.certificatesExpiring[SOON] ?? 0;
  const list = (query: Record<string, string | number | boolean>) => href(["stations"], query);
  return (
    <section class="standing" aria-label="Now">
      <Tile title="Online" of={`of ${count(stations)}`} ofTo={list({})}>
        <Figure
          value={online}
          to={list({ online: true })}
          label="stations online"
          {...(online > 0 && { tone: "good" })}
        />
      </Tile>
      <Tile
        title="TLS online"
        of={`of ${count(summary.bySecurityProfile[2] ?? 0)}`}
        ofTo={list({ securityProfile: 2 })}
      >
        <Figure value={by[2] ?? 0} to={list({ online: true, securityProfile: 2 })} label="stations online by TLS" />
      </Tile>
      <Tile
        title="mTLS online"
        of={`of ${count(summary.bySecurityProfile[3] ?? 0)}`}
        ofTo={list({ securityProfile: 3 })}
      >
        <Figure value={by[3] ?? 0} to={list({ online: true, securityProfile: 3 })} label="stations online by mTLS" />
      </Tile>
      <Tile title="Offline" of="longest first" ofTo={list({ online: false, sort: "offline" })}>
        <Figure
          value={offline}
          to={list({ online: false, sort: "changed" })}
          label="stations offline"
          {...(offline > 0 && { tone: "bad" })}
        />
      </Tile>
      <Tile
        title="Events waiting"
        of={
          summary.oldestUndelivered === null ? (
            `at ${stationCount(summary.undeliveredStations)}`
          ) : (
            <>
              oldest <Time at={summary.oldestUndelivered} />
            </>
          )
        }
        ofTo={list({ undelivered: true })}
      >
        <Figure
          value={summary.undeliveredEvents}
          to={list({ undelivered: true })}
          label="events that wait for a webhook"
          {...(summary.undeliveredEvents > 0 && { tone: "warn" })}
        />
      </Tile>
      <Tile
        title="Certificates ending"
        of={`${count(summary.certificatesExpiring[0] ?? 0)} have ended`}
        ofTo={list({ certificateWithin: 0 })}
      >
        <Figure
          value={soon}
          to={list({ certificateWithin: SOON })}
          label={`certificates that end within ${SOON} days`}
          {...(soon > 0 && { tone: "warn" })}
        />
      </Tile>
      <NewcomersTile />
      {may("campaigns:write") && <CampaignsTile />}
    </section>
  );
}

interface TileProps {
  title: string;
  /** Beside the number, as its own link. */
  of: preact.ComponentChildren;
  ofTo: string;
  children: preact.ComponentChildren;
}

const Tile = ({ title, of, ofTo, children }: TileProps) => (
  <div class="tile">
    <div class="tile-title">{title}</div>
    <div class="tile-figure">{children}</div>
    <a class="tile-of" href={ofTo}>
      {of}
    </a>
  </div>
);

function NewcomersTile() {
  const { data } = useResource(
    "newcomers tile",
    async (client): Promise<{ newcomers: Newcomer[]; cursor: string | null }> => client.newcomers.page({ limit: PAGE }),
    { everyMs: EVERY_MS },
  );
  const [latest] = data?.newcomers ?? [];
  return (
    <Tile
      title="Newcomers"
      of={
        latest === undefined ? (
          "nobody knocked"
        ) : (
          <>
            last <Time at={latest.lastSeen} />
          </>
        )
      }
      ofTo="#/newcomers"
    >
      <Figure value={data?.newcomers.length ?? null} to="#/newcomers" label="newcomers">
        {data?.cursor == null ? "" : "+"}
      </Figure>
    </Tile>
  );
}

/** Those that send, or wait to. */
const UNDER_WAY: readonly Campaign["state"][] = ["scheduled", "running", "paused", "cancelling"];

function CampaignsTile() {
  const { data } = useResource("campaigns tile", (client) => client.campaigns.page({ limit: PAGE }), {
    everyMs: EVERY_MS,
  });
  const underWay = data?.campaigns.filter(({ state }) => UNDER_WAY.includes(state)) ?? [];
  const running = underWay.filter(({ state }) => state === "running");
  return (
    <Tile title="Campaigns running" of={`${underWay.length} under way`} ofTo="#/campaigns">
      <Figure value={data === null ? null : running.length} to="#/campaigns" label="campaigns running" />
    </Tile>
  );
}
