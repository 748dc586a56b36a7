/**
 * One campaign: how far it is, what it is told to do next, and what became of the command at each station. Must not know how it is made.
 */
import { useState } from "preact/hooks";
import type { Campaign, CampaignMemberState } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { href, route } from "../../data/route.ts";
import { act } from "../../parts/act.ts";
import { Badge } from "../../parts/badge.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { count } from "../../parts/figure.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page, useTitle } from "../../parts/page.tsx";
import { Shown } from "../../parts/states.tsx";
import { duration, Time } from "../../parts/time.tsx";
import { ProgressBar } from "./campaign-progress.tsx";
import { CAMPAIGN_TONES, isOver, MEMBER_STATES, settledOf, STATES_IN_ORDER } from "./campaign-states.ts";
import { CampaignStations } from "./campaign-stations.tsx";
import { cancelWords } from "./cancel-words.ts";
import { usePace } from "./pace.ts";

const EVERY_MS = 2_000;

export function CampaignDetail({ campaignId }: { campaignId: string }) {
  const resource = useResource(`campaign ${campaignId}`, (client) => client.campaigns.get(campaignId), {
    everyMs: EVERY_MS,
  });
  useTitle(resource.data?.name ?? "Campaign");
  const state = route.value.query.state as CampaignMemberState | undefined;
  return (
    <Page isFull>
      <Shown resource={resource}>
        {(campaign) => (
          <>
            <Head campaign={campaign} reload={resource.reload} />
            <States campaign={campaign} current={state} />
            <CampaignStations
              campaign={campaign}
              state={state !== undefined && state in MEMBER_STATES ? state : null}
            />
          </>
        )}
      </Shown>
    </Page>
  );
}

function Head({ campaign, reload }: { campaign: Campaign; reload: () => void }) {
  const { action, state, actor, createdAt, startAt, startedAt, endedAt, ratePerSecond, expiresInSeconds } = campaign;
  const pace = usePace(campaign);
  const left = campaign.progress.pending;
  return (
    <section class="panel campaign-head">
      <div class="line spread wrap">
        <div class="line wrap">
          <Badge tone={CAMPAIGN_TONES[state]}>{state}</Badge>
          <code>{action}</code>
          <span class="muted small">
            by {actor} · made <Time at={createdAt} />
          </span>
        </div>
        <Turns campaign={campaign} reload={reload} />
      </div>
      <ProgressBar campaign={campaign} isTall />
      <dl class="campaign-facts">
        <Fact name="Settled" value={`${count(settledOf(campaign.progress))} of ${count(campaign.stations)}`} />
        <Fact
          name="Pace"
          value={pace === null ? `up to ${ratePerSecond} a second` : `${count(pace)} of ${ratePerSecond} a second`}
        />
        {state === "running" && left > 0 && (
          <Fact name="Sent to all in" value={`about ${duration((left / ratePerSecond) * 1000)}`} />
        )}
        <Fact name="Waits for who is off" value={expiresInSeconds === 0 ? "no" : duration(expiresInSeconds * 1000)} />
        <div>
          <dt>{startedAt === undefined ? "Starts" : "Started"}</dt>
          <dd>{startedAt === undefined && startAt === undefined ? "at once" : <Time at={startedAt ?? startAt} />}</dd>
        </div>
        {endedAt !== undefined && (
          <div>
            <dt>Ended</dt>
            <dd>
              <Time at={endedAt} />
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

const Fact = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd class="number">{value}</dd>
  </div>
);

type Turn = "pause" | "resume" | "cancel";
const DONE: Readonly<Record<Turn, string>> = {
  pause: "Paused: nothing more is sent until it is resumed.",
  resume: "Resumed.",
  cancel: "Cancelled: what still waits at stations is taken back.",
};

function Turns({ campaign, reload }: { campaign: Campaign; reload: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const [asks, setAsks] = useState(false);
  if (isOver(campaign) || campaign.state === "cancelling") return null;
  const turn = async (what: Turn) => {
    setBusy(true);
    await act((client) => client.campaigns[what](campaign.campaignId), DONE[what]);
    setAsks(false);
    setBusy(false);
    reload();
  };
  const isPaused = campaign.state === "paused";
  return (
    <div class="line">
      <button type="button" class="button" disabled={isBusy} onClick={() => void turn(isPaused ? "resume" : "pause")}>
        <Icon name={isPaused ? "play" : "pause"} size={14} /> {isPaused ? "Resume" : "Pause"}
      </button>
      <button type="button" class="button danger" disabled={isBusy} onClick={() => setAsks(true)}>
        Cancel…
      </button>
      {asks && (
        <Dialog
          title="Cancel the campaign?"
          onClose={() => setAsks(false)}
          onSubmit={() => void turn("cancel")}
          footer={
            <>
              <button type="button" class="button" onClick={() => setAsks(false)}>
                Keep it
              </button>
              <button type="submit" class="button danger main" disabled={isBusy}>
                Cancel the campaign
              </button>
            </>
          }
        >
          <p>{cancelWords(campaign.progress)}</p>
        </Dialog>
      )}
    </div>
  );
}

/** A number for each state that there is, and a filter. */
function States({ campaign, current }: { campaign: Campaign; current: string | undefined }) {
  const { campaignId, progress, stations } = campaign;
  const there = STATES_IN_ORDER.filter((state) => progress[state] > 0 || state === current);
  return (
    <nav class="campaign-states" aria-label="Stations by what became of the command">
      <a href={href(["campaigns", campaignId])} aria-current={current === undefined ? "page" : undefined}>
        <b class="number">{count(stations)}</b> All
      </a>
      {there.map((state) => (
        <a
          key={state}
          href={href(["campaigns", campaignId], { state })}
          aria-current={current === state ? "page" : undefined}
          title={MEMBER_STATES[state].meaning}
        >
          <b class={`number ${MEMBER_STATES[state].tone}`}>{count(progress[state])}</b> {MEMBER_STATES[state].label}
        </a>
      ))}
    </nav>
  );
}
