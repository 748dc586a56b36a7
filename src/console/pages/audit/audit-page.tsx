/**
 * The page Audit: who did what, the newest first, filtered by who, what, which station and when. Must not know how it is kept.
 */
import type { AuditEntry } from "../../../client/kerbside.ts";
import { usePagedList } from "../../data/paged-list.ts";
import { setQuery } from "../../data/route.ts";
import { FilterBar } from "../../parts/filter-bar.tsx";
import { Page, type PageProps } from "../../parts/page.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { AuditSentence } from "./audit-sentence.tsx";
import { GROUPS, isIn, spanOf } from "./audit-filter.ts";
import { TextFilter, TimeFilter } from "./text-filter.tsx";
import "./audit.css";

/** Entries of one page: with a filter by what was done most of them are not shown. */
const PAGE = 200;
const EVERY_MS = 10_000;
const keyOf = ({ at, id }: AuditEntry): string => `${at} ${id}`;

const COLUMNS: readonly Column<AuditEntry>[] = [
  {
    ...{ key: "at", title: "When", width: "168px", narrow: "trail" },
    cell: ({ at }) => (
      <>
        <span class="wide-only">
          <Time at={at} form="local" />
        </span>
        <span class="narrow-only">
          <Time at={at} />
        </span>
      </>
    ),
  },
  {
    ...{ key: "actor", title: "Who", width: "minmax(90px, 160px)", narrow: "under" },
    cell: (entry) => <Actor entry={entry} />,
  },
  {
    ...{ key: "what", title: "What", width: "minmax(220px, 3fr)", narrow: "lead" },
    cell: (entry) => <AuditSentence entry={entry} />,
  },
];

const Actor = ({ entry: { actor } }: { entry: AuditEntry }) => (
  <button type="button" class="link clip" title={`Only ${actor}`} onClick={() => setQuery({ actor })}>
    {actor}
  </button>
);

export function AuditPage({ route: { query } }: PageProps) {
  const { actor = "", station = "" } = query;
  // What somebody wrote into the address need not be one.
  const what = GROUPS.find(([group]) => group === query.what)?.[0] ?? "";
  const span = spanOf(query);
  const list = usePagedList<AuditEntry>(
    JSON.stringify([actor, station, what, span]),
    keyOf,
    async (client, cursor) => {
      const page = await client.audit.page({
        ...{ before: cursor ?? span.before, limit: PAGE },
        ...(span.after !== undefined && { after: span.after }),
        ...(actor !== "" && { actor }),
        ...(station !== "" && { stationId: station }),
      });
      return { rows: page.entries.filter((entry) => isIn(what, entry)), cursor: page.cursor };
    },
    EVERY_MS,
  );
  const isFiltered = [actor, station, what, query.from, query.until].some((each) => (each ?? "") !== "");
  return (
    <Page isFull>
      <div class="audit-filters">
        <FilterBar
          choices={[{ name: "what", label: "Anything", options: GROUPS }]}
          others={["actor", "station", "from", "until"]}
        >
          <TextFilter name="actor" label="Who: name of a key" />
          <TextFilter name="station" label="Station: whole id" />
          <TimeFilter name="from" label="From" />
          <TimeFilter name="until" label="Until" />
        </FilterBar>
      </div>
      <Shown resource={list}>
        {(entries) =>
          entries.length === 0 ? (
            <State icon="audit" title={isFiltered ? "Nobody did such a thing" : "Nobody did anything yet"}>
              <p>
                {isFiltered
                  ? "In the time that is kept (AUDIT_DAYS)."
                  : "Registrations, commands, webhooks, campaigns, revocations and what keys were refused are written down here."}
              </p>
            </State>
          ) : (
            <Table
              isLong
              label="Who did what"
              rows={entries}
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
