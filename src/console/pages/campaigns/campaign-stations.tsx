/**
 * The stations of a campaign, each with what became of the command there, down to its answer. Must not know what the campaign does next.
 */
import type { Campaign, CampaignMemberState, CampaignStation } from "../../../client/kerbside.ts";
import { usePagedList } from "../../data/paged-list.ts";
import { useResource } from "../../data/resource.ts";
import { href, route, setQuery } from "../../data/route.ts";
import { may } from "../../data/session.ts";
import { Badge } from "../../parts/badge.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { isOver, MEMBER_STATES } from "./campaign-states.ts";

const EVERY_MS = 3_000;
const keyOf = ({ stationId }: CampaignStation): string => stationId;

const COLUMNS: readonly Column<CampaignStation>[] = [
  {
    ...{ key: "station", title: "Station", width: "minmax(130px, 1fr)", narrow: "lead" },
    cell: ({ stationId }) => (
      <a class="lead" href={href(["stations", stationId])}>
        {stationId}
      </a>
    ),
  },
  {
    ...{ key: "state", title: "State", width: "96px", narrow: "trail" },
    cell: ({ state }) => (
      <Badge tone={MEMBER_STATES[state].tone} title={MEMBER_STATES[state].meaning}>
        {MEMBER_STATES[state].label}
      </Badge>
    ),
  },
  {
    ...{ key: "answer", title: "What it said, or why not", width: "minmax(160px, 3fr)", narrow: "under" },
    cell: (member) => <Said member={member} />,
  },
  {
    ...{ key: "changed", title: "Since", width: "92px", isEnd: true, narrow: "under-trail" },
    cell: ({ changedAt }) => <Time at={changedAt} />,
  },
];

function Said({ member: { stationId, answer, reason } }: { member: CampaignStation }) {
  const text = answer ?? reason;
  if (text === undefined) return <span class="muted">–</span>;
  return (
    <button type="button" class="said clip" onClick={() => setQuery({ station: stationId })}>
      {answer === undefined ? text : <code>{text}</code>}
    </button>
  );
}

export function CampaignStations({ campaign, state }: { campaign: Campaign; state: CampaignMemberState | null }) {
  const { campaignId } = campaign;
  const list = usePagedList<CampaignStation>(
    `campaign ${campaignId} ${state}`,
    keyOf,
    async (client, cursor) => {
      const page = await client.campaigns.stationsPage(campaignId, {
        cursor: cursor ?? undefined,
        ...(state !== null && { state }),
      });
      return { rows: page.stations, cursor: page.cursor };
    },
    isOver(campaign) ? null : EVERY_MS,
  );
  const opened = route.value.query.station;
  const member = list.rows.find(({ stationId }) => stationId === opened);
  return (
    <Shown resource={list}>
      {(stations) => (
        <>
          {stations.length === 0 ? (
            <State title={state === null ? "No stations" : `No station is in the state ${MEMBER_STATES[state].label}`}>
              {state !== null && <a href={href(["campaigns", campaignId])}>All stations of the campaign</a>}
            </State>
          ) : (
            <Table
              isLong
              label="Stations of the campaign"
              rows={stations}
              columns={COLUMNS}
              keyOf={keyOf}
              onNearEnd={list.more}
              onSeen={list.seen}
            />
          )}
          {member !== undefined && <Answer member={member} />}
        </>
      )}
    </Shown>
  );
}

interface CommandBody {
  state: string;
  payload?: unknown;
  error?: unknown;
  received?: unknown;
}

function Answer({ member }: { member: CampaignStation }) {
  const { stationId, state, answer, reason, commandId, changedAt } = member;
  // The campaign keeps an answer's first 500 characters, the station's own command all of it.
  const whole = useResource(
    `command ${stationId} ${commandId}`,
    (client) =>
      client.request<CommandBody>(
        "GET",
        `/v1/stations/${encodeURIComponent(stationId)}/commands/${encodeURIComponent(commandId ?? "")}`,
      ),
    { everyMs: null, isWanted: commandId !== undefined && may("commands:write") },
  );
  const { payload, error, received } = whole.data ?? {};
  const kept =
    whole.data === null
      ? undefined
      : {
          ...(payload !== undefined && { payload }),
          ...(error !== undefined && { error }),
          ...(received !== undefined && { received }),
        };
  const text = kept !== undefined && Object.keys(kept).length > 0 ? JSON.stringify(kept, null, 2) : (answer ?? "");
  return (
    <Dialog
      isWide
      title={stationId}
      onClose={() => setQuery({ station: null })}
      footer={
        <>
          {text !== "" && (
            <CopyButton text={text} label="the answer">
              Copy
            </CopyButton>
          )}
          <a class="button" href={href(["stations", stationId])}>
            Open the station
          </a>
        </>
      }
    >
      <div class="line wrap">
        <Badge tone={MEMBER_STATES[state].tone}>{MEMBER_STATES[state].label}</Badge>
        <span class="muted">{MEMBER_STATES[state].meaning}</span>
        <Time at={changedAt} form="local" />
      </div>
      {reason !== undefined && <p>{reason}</p>}
      {text !== "" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it
        <pre class="answer" tabIndex={0}>
          {text}
        </pre>
      )}
      {commandId !== undefined && <p class="muted small">Command {commandId}</p>}
    </Dialog>
  );
}
