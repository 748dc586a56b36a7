/**
 * Whom a campaign is for: the filters of the list of stations, or those that were chosen there; the first of them are shown. Must not
 * know what they are sent.
 */
import type { StationEntry } from "../../../client/kerbside.ts";
import type { CampaignTarget } from "../../data/target-in-address.ts";
import { useResource } from "../../data/resource.ts";
import { href, setQuery } from "../../data/route.ts";
import { may } from "../../data/session.ts";
import { Dot, Profile } from "../../parts/badge.tsx";
import { count } from "../../parts/figure.tsx";
import { FilterBar } from "../../parts/filter-bar.tsx";
import { Shown } from "../../parts/states.tsx";
import { TARGET_FILTERS } from "./target-filters.ts";

/** Stations that are shown of them. */
const SHOWN = 8;

export function CampaignTargetPanel({ target, now }: { target: CampaignTarget; now: number }) {
  return (
    <section class="panel">
      <header>
        <h2>Who gets it</h2>
        {target.kind === "filter" && may("stations:read") && (
          <a class="small" href={href(["stations"], target.query)}>
            As a list
          </a>
        )}
      </header>
      <div class="body stack">
        {target.kind === "stations" ? (
          <Chosen stationIds={target.stationIds} />
        ) : (
          <Filtered target={target} now={now} />
        )}
      </div>
    </section>
  );
}

function Chosen({ stationIds }: { stationIds: readonly string[] }) {
  return (
    <>
      <div class="line spread wrap">
        <span>
          <b class="number">{count(stationIds.length)}</b> chosen from the list
        </span>
        <button type="button" class="button small" onClick={() => setQuery({ chosen: null })}>
          Choose by filters instead
        </button>
      </div>
      <ul class="sample">
        {stationIds.slice(0, SHOWN).map((id) => (
          <li key={id}>
            <a href={href(["stations", id])}>{id}</a>
          </li>
        ))}
        {stationIds.length > SHOWN && <li class="muted">and {count(stationIds.length - SHOWN)} more</li>}
      </ul>
    </>
  );
}

function Filtered({ target, now }: { target: Exclude<CampaignTarget, { kind: "stations" }>; now: number }) {
  const filter = target.kind === "filter" ? target.filter : null;
  const isAll = filter !== null && Object.keys(filter).length === 0;
  const key = JSON.stringify([filter, now]);
  const sample = useResource(`sample ${key}`, (client) => client.stationsPage({ ...filter, limit: SHOWN + 1 }), {
    everyMs: null,
    keeps: true,
    isWanted: filter !== null && may("stations:read"),
  });
  const none = Object.fromEntries(Object.keys(target.query).map((name) => [name, null]));
  return (
    <>
      <FilterBar
        search="Id, label, vendor, serial"
        choices={TARGET_FILTERS}
        others={["label", "vendor", "model", "certificateWithin", "offlineFor"]}
      >
        <input
          class="input label-filter"
          aria-label="Labels: name=value"
          placeholder="Labels: site=north"
          spellcheck={false}
          value={target.query.label ?? ""}
          onChange={({ currentTarget }) => setQuery({ label: currentTarget.value })}
        />
      </FilterBar>
      {isAll && (
        <div class="notice warn">
          <div>
            <b>The whole fleet.</b> Without a filter every station that this key reaches is in it.
          </div>
        </div>
      )}
      {target.kind === "unclear" && (
        <div class="notice bad">
          <div class="grow">{target.why}</div>
          <a class="button small" href={href(["stations"])}>
            Choose from the list
          </a>
          <button type="button" class="button small" onClick={() => setQuery(none)}>
            Choose by filters
          </button>
        </div>
      )}
      {filter !== null && may("stations:read") && (
        <Shown resource={sample}>{({ stations }) => <Sample stations={stations} />}</Shown>
      )}
    </>
  );
}

function Sample({ stations }: { stations: readonly StationEntry[] }) {
  if (stations.length === 0) return <p class="muted">No station matches.</p>;
  return (
    <ul class="sample">
      {stations.slice(0, SHOWN).map(({ stationId, online, connection, securityProfile }) => (
        <li key={stationId} class="line">
          <Dot tone={online ? "good" : "off"} label={online ? "Online" : "Offline"} />
          <a class="clip grow" href={href(["stations", stationId])}>
            {stationId}
          </a>
          <span class="muted small">{connection?.protocol ?? "off"}</span>
          <Profile profile={connection?.securityProfile ?? securityProfile} />
        </li>
      ))}
      {stations.length > SHOWN && <li class="muted">and more: the dry run counts them</li>}
    </ul>
  );
}
