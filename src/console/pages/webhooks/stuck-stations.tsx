/**
 * The stations whose events a webhook does not take: since when, why, and when it is tried again. Must not know the events.
 */
import type { StuckStation } from "../../../client/kerbside.ts";
import { usePagedList } from "../../data/paged-list.ts";
import { href } from "../../data/route.ts";
import { count } from "../../parts/figure.tsx";
import { Shown } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";

const EVERY_MS = 10_000;
const PAGE = 50;
const keyOf = ({ stationId }: StuckStation): string => stationId;
const numberOf = (value: number | null) => (value === null ? <span class="muted">–</span> : count(value));

const COLUMNS: readonly Column<StuckStation>[] = [
  {
    ...{ key: "station", title: "Station", width: "minmax(120px, 1fr)", narrow: "lead" },
    cell: ({ stationId }) => (
      <a class="lead" href={href(["stations", stationId])}>
        {stationId}
      </a>
    ),
  },
  {
    ...{ key: "failure", title: "Why", width: "minmax(160px, 2.5fr)", narrow: "under" },
    cell: ({ failure, failures }) => <Why failure={failure} failures={failures} />,
  },
  {
    ...{ key: "events", title: "Waiting", width: "70px", isEnd: true, narrow: "trail" },
    cell: ({ events }) => numberOf(events),
  },
  {
    ...{ key: "oldest", title: "Oldest", width: "90px", isEnd: true, narrow: "under-trail" },
    cell: ({ oldest }) => <Time at={oldest} />,
  },
  {
    ...{ key: "failures", title: "In a row", width: "66px", isEnd: true },
    cell: ({ failures }) => numberOf(failures),
  },
  { ...{ key: "retry", title: "Next try", width: "90px", isEnd: true }, cell: ({ retryAt }) => <Time at={retryAt} /> },
  {
    ...{ key: "dead", title: "Given up", width: "72px", isEnd: true },
    cell: ({ deadLetters }) =>
      (deadLetters ?? 0) > 0 ? <span class="bad">{count(deadLetters ?? 0)}</span> : numberOf(deadLetters),
  },
];

function Why({ failure, failures }: { failure: string | null; failures: number | null }) {
  if (failures === null) return <span class="muted">the station's object gave no answer</span>;
  if (failure !== null)
    return (
      <span class="clip bad" title={failure}>
        {failure}
      </span>
    );
  return <span class="muted">{failures === 0 ? "not tried since" : "not known"}</span>;
}

export function StuckStations({ name }: { name: string }) {
  const list = usePagedList<StuckStation>(
    `stuck ${name}`,
    keyOf,
    async (client, cursor) => {
      const page = await client.stuckPage(name, { limit: PAGE, cursor: cursor ?? undefined });
      return { rows: page.stations, cursor: page.cursor };
    },
    EVERY_MS,
  );
  return (
    <section class="stack stuck" aria-label="What is stuck">
      <div class="line wrap">
        <h2 class="nowrap">What is stuck</h2>
        <span class="muted small">Stations whose events it does not take. One does not hold up another.</span>
      </div>
      <Shown resource={list}>
        {(stations) =>
          stations.length === 0 ? (
            <div class="panel none-stuck good">Nothing: it took all that it was sent.</div>
          ) : (
            <Table
              label="Stations that wait for it"
              rows={stations}
              columns={COLUMNS}
              keyOf={keyOf}
              {...(list.hasMore && {
                tail: (
                  <button type="button" class="button small" onClick={list.more}>
                    More of them
                  </button>
                ),
              })}
            />
          )
        }
      </Shown>
    </section>
  );
}
