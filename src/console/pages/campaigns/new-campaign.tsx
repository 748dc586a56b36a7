/**
 * A new campaign: for whom, what, how fast; first as a dry run that says for how many stations it would be, and then in earnest. Must
 * not know how one runs.
 */
import { useMemo, useState } from "preact/hooks";
import type { CampaignDryRun, CampaignRequest } from "../../../client/kerbside.ts";
import { campaignTarget } from "../../data/campaign-target.ts";
import { go, href, route } from "../../data/route.ts";
import { act, type Acted } from "../../parts/act.ts";
import { SelectField, TextField } from "../../parts/fields.tsx";
import { count } from "../../parts/figure.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page, useTitle } from "../../parts/page.tsx";
import { CampaignCommand } from "./campaign-command.tsx";
import { type CampaignDraft, EMPTY_DRAFT, faultsOf, requestOf } from "./campaign-draft.ts";
import { CampaignTargetPanel } from "./campaign-target-panel.tsx";

/** What a command may wait for a station that is away. */
const WAITS = [
  ["0", "Not at all"],
  ["3600", "Up to an hour"],
  ["86400", "Up to a day"],
  ["604800", "Up to a week"],
] as const;

interface Refusal {
  words: string;
  /** Of places in the payload. */
  places: ReadonlyMap<string, string>;
}
const NO_FAULTS: ReadonlyMap<string, string> = new Map();

type Tried =
  | { kind: "none" }
  | { kind: "asking" }
  | { kind: "found"; of: string; found: CampaignDryRun }
  | { kind: "refused"; of: string; refusal: Refusal };

export function NewCampaign() {
  useTitle("New campaign");
  const [draft, setDraft] = useState<CampaignDraft>(EMPTY_DRAFT);
  const [isTried, setTried] = useState(false);
  const [tried, setAnswer] = useState<Tried>({ kind: "none" });
  // Relative filters count from when the page was opened, or the dry run would be of other stations than the campaign.
  const [openedAt] = useState(() => Date.now());
  const target = campaignTarget(route.value, openedAt);
  const faults = faultsOf(draft);
  const isWritten = Object.keys(faults).length === 0;
  const request: CampaignRequest | null = isWritten && target.kind !== "unclear" ? requestOf(draft, target) : null;
  const asked = JSON.stringify(request);
  // Sent twice, where the first answer was lost, it is one campaign.
  const key = useMemo(() => crypto.randomUUID(), [asked]);
  const change = (part: Partial<CampaignDraft>) => setDraft((before) => ({ ...before, ...part }));
  const shown = isTried ? faults : {};

  const dryRun = async () => {
    setTried(true);
    if (request === null || tried.kind === "asking") return;
    setAnswer({ kind: "asking" });
    const acted = await act((client) => client.campaigns.dryRun(request), null, false);
    setAnswer(
      acted.kind === "done"
        ? { kind: "found", of: asked, found: acted.value }
        : { kind: "refused", of: asked, refusal: refusalOf(acted) },
    );
  };
  const begin = async () => {
    if (request === null || tried.kind === "asking") return;
    setAnswer({ kind: "asking" });
    const acted = await act((client) => client.campaigns.create(request, key), `${request.name} has begun.`, false);
    if (acted.kind === "done") go(href(["campaigns", acted.value.campaignId]));
    else setAnswer({ kind: "refused", of: asked, refusal: refusalOf(acted) });
  };
  // Of what stands there now: another command or other stations are another question.
  const found = tried.kind === "found" && tried.of === asked ? tried.found : null;
  const refusal = tried.kind === "refused" && tried.of === asked ? tried.refusal : null;

  return (
    <Page>
      <form
        class="new-campaign"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void (found === null ? dryRun() : found.stations > 0 ? begin() : undefined);
        }}
      >
        <section class="panel">
          <header>
            <h2>What is sent</h2>
          </header>
          <div class="body stack">
            <TextField
              label="Name"
              isRequired
              maxLength={100}
              placeholder="Reset the north"
              value={draft.name}
              fault={shown.name}
              onChange={(name) => change({ name })}
            />
            <CampaignCommand
              draft={draft}
              faults={shown}
              isTried={isTried}
              refused={refusal === null ? NO_FAULTS : refusal.places}
              onChange={change}
            />
            <div class="fields">
              <TextField
                label="Stations a second"
                type="number"
                min={1}
                max={100}
                value={draft.rate}
                fault={shown.rate}
                onChange={(rate) => change({ rate })}
              />
              <SelectField
                label="Waits for a station that is off"
                value={draft.expires}
                options={WAITS}
                onChange={(expires) => change({ expires })}
              />
              <TextField
                label="Starts"
                type="datetime-local"
                hint="In your time zone; empty: at once"
                value={draft.startAt}
                fault={shown.startAt}
                onChange={(startAt) => change({ startAt })}
              />
            </div>
          </div>
        </section>
        <CampaignTargetPanel target={target} now={openedAt} />
        <section class="panel dry-run" aria-live="polite">
          {found === null ? (
            <div class="grow">
              <b>First as a dry run.</b>{" "}
              <span class="muted">It says for how many stations it would be; nothing is sent.</span>
              {refusal !== null && <div class="fault">{refusal.words}</div>}
            </div>
          ) : (
            <div class="grow">
              <b>
                {count(found.stations)} {found.stations === 1 ? "station" : "stations"} would get {draft.action}
                {draft.startAt === "" ? " now" : ""}, {draft.rate} a second.
              </b>{" "}
              {found.unknown > 0 && (
                <span class="warn">{count(found.unknown)} of those chosen are not there any more.</span>
              )}
              {found.stations === 0 && <span class="muted">Nobody is in it: change who.</span>}
            </div>
          )}
          <a class="button quiet" href="#/campaigns">
            Leave
          </a>
          <button
            type="button"
            class={`button${found === null ? " main" : ""}`}
            disabled={tried.kind === "asking"}
            onClick={() => void dryRun()}
          >
            <Icon name="again" size={14} /> Dry run
          </button>
          {found !== null && (
            <button type="submit" class="button main" disabled={found.stations === 0 || tried.kind === "asking"}>
              <Icon name="play" size={14} /> Start for {count(found.stations)}
            </button>
          )}
        </section>
      </form>
    </Page>
  );
}

/** [docs/api.md] The API's paths begin at the body, or at the payload that is in it. */
function refusalOf({ words, problem }: Extract<Acted<unknown>, { kind: "failed" }>): Refusal {
  const faults = problem?.faults ?? [];
  return { words, places: new Map(faults.map(({ path, message }) => [path.replace(/^\/payload/, ""), message])) };
}
