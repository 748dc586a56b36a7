/**
 * The stations of the fleet: found, filtered, sorted, chosen for a campaign, however many there are. Must not know one station's page.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { StationEntry } from "../../../client/fleet/station-list.ts";
import { campaignOfAll, campaignOfStations } from "../../data/campaign-target.ts";
import { type PagedList, usePagedList } from "../../data/paged-list.ts";
import { go, setQuery } from "../../data/route.ts";
import { may } from "../../data/session.ts";
import { filtersIn, queryOf, sortOf } from "../../data/station-filter.ts";
import { count } from "../../parts/figure.tsx";
import { FirstStation } from "../../parts/first-station.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Page, type PageProps } from "../../parts/page.tsx";
import { RegisterStation } from "../../parts/register-station.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { STATION_COLUMNS } from "./station-columns.tsx";
import { StationFilters } from "./station-filters.tsx";

/** Stations of the first answer, which is soon there, and of each that follows as somebody scrolls. */
const FIRST_PAGE = 100;
const PAGE = 500;
/** A campaign takes so many by name; more of them are all that match. */
const CHOSEN_MAX = 10_000;
const keyOf = ({ stationId }: StationEntry): string => stationId;

export function StationsPage({ route }: PageProps) {
  const { query } = route;
  const filters = filtersIn(query);
  const sort = sortOf(query);
  const key = JSON.stringify([filters, sort]);
  const [isRegistering, setRegistering] = useState(false);
  // Of one question, page after page: what is relative to now is so to the same moment.
  const asked = useMemo(() => queryOf(query, Date.now()), [key]);
  const list = usePagedList<StationEntry>(key, keyOf, async (client, cursor) => {
    const page = await client.stationsPage({
      ...asked,
      limit: cursor === null ? FIRST_PAGE : PAGE,
      cursor: cursor ?? undefined,
    });
    return { rows: page.stations, cursor: page.cursor };
  });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setChosen(new Set()), [key]);
  const mayChoose = may("campaigns:write");
  const isEmpty = list.data?.length === 0 && !list.hasMore;
  return (
    <Page isFull>
      <div class="page-head">
        <StationFilters />
        <div class="grow" />
        {may("stations:write") && (
          <button type="button" class="button" aria-label="Register" onClick={() => setRegistering(true)}>
            <Icon name="plus" size={14} /> <span class="wide-only">Register</span>
          </button>
        )}
      </div>
      <Shown resource={list}>
        {(rows) =>
          isEmpty ? (
            <Nothing isFiltered={Object.keys(filters).length > 0} />
          ) : (
            <>
              <Table<StationEntry>
                label="Stations"
                isLong
                rows={rows}
                columns={STATION_COLUMNS}
                keyOf={keyOf}
                sort={sort}
                onSort={(next) => setQuery({ sort: next === "id" ? null : next })}
                onNearEnd={list.more}
                onSeen={list.seen}
                {...(mayChoose && {
                  chosen,
                  onChoose: (id: string, isChosen: boolean) => setChosen((before) => changed(before, id, isChosen)),
                })}
                {...(list.hasMore && { tail: "Loading more …" })}
              />
              <Foot list={list} chosen={chosen} filters={filters} mayChoose={mayChoose} onChosen={setChosen} />
            </>
          )
        }
      </Shown>
      {isRegistering && <RegisterStation onClose={() => setRegistering(false)} onRegistered={list.reload} />}
    </Page>
  );
}

function changed(chosen: ReadonlySet<string>, id: string, isChosen: boolean): ReadonlySet<string> {
  const next = new Set(chosen);
  if (isChosen && next.size < CHOSEN_MAX) next.add(id);
  else next.delete(id);
  return next;
}

interface FootProps {
  list: PagedList<StationEntry>;
  chosen: ReadonlySet<string>;
  filters: Readonly<Record<string, string>>;
  mayChoose: boolean;
  onChosen: (chosen: ReadonlySet<string>) => void;
}

function Foot({ list, chosen, filters, mayChoose, onChosen }: FootProps) {
  const loaded = `${count(list.rows.length)}${list.hasMore ? "+" : ""} ${list.rows.length === 1 ? "station" : "stations"}`;
  return (
    <div class="under-table">
      <span class="number" role="status">
        {chosen.size === 0 ? loaded : `${count(chosen.size)} chosen of ${loaded}`}
      </span>
      <div class="grow" />
      {mayChoose && chosen.size > 0 && (
        <>
          <button type="button" class="button small quiet" onClick={() => onChosen(new Set())}>
            None
          </button>
          <button type="button" class="button small main" onClick={() => go(campaignOfStations([...chosen]))}>
            Campaign for {count(chosen.size)} chosen
          </button>
        </>
      )}
      {mayChoose && chosen.size === 0 && (
        <>
          <button
            type="button"
            class="button small quiet wide-only"
            onClick={() => onChosen(new Set(list.rows.slice(0, CHOSEN_MAX).map(keyOf)))}
          >
            Choose these
          </button>
          <a class="button small" href={campaignOfAll(filters)}>
            <Icon name="campaigns" size={14} /> Campaign for all {Object.keys(filters).length > 0 && "that match"}
          </a>
        </>
      )}
    </div>
  );
}

const Nothing = ({ isFiltered }: { isFiltered: boolean }) =>
  isFiltered ? (
    <State icon="search" title="No station matches">
      <p>All filters that are set must hold.</p>
    </State>
  ) : (
    <FirstStation />
  );
