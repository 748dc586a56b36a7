/**
 * What stations reported, or had to be closed for, the newest first. Must not know what a frame held.
 */
import type { FleetProblems } from "../../../client/kerbside.ts";
import { href } from "../../data/route.ts";
import { Badge } from "../../parts/badge.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { eventOf } from "./reasons.ts";

type SecurityEvent = FleetProblems["securityEvents"][number];
const keyOf = ({ stationId, at, kind }: SecurityEvent): string => `${stationId} ${at} ${kind}`;

const COLUMNS: readonly Column<SecurityEvent>[] = [
  {
    ...{ key: "station", title: "Station", width: "minmax(130px, 1fr)", narrow: "lead" },
    cell: ({ stationId }) => (
      <a class="lead" href={href(["stations", stationId])}>
        {stationId}
      </a>
    ),
  },
  {
    ...{ key: "kind", title: "What", width: "minmax(140px, 1fr)", narrow: "trail" },
    cell: ({ kind }) => (
      <Badge tone="warn" title={kind}>
        {eventOf(kind).words}
      </Badge>
    ),
  },
  {
    ...{ key: "detail", title: "More", width: "minmax(160px, 3fr)", narrow: "under" },
    cell: ({ kind, detail }) => <Detail kind={kind} detail={detail} />,
  },
  {
    ...{ key: "at", title: "When", width: "100px", isEnd: true, narrow: "under-trail" },
    cell: ({ at }) => <Time at={at} />,
  },
];

function Detail({ kind, detail }: { kind: string; detail: SecurityEvent["detail"] }) {
  const text = Object.entries(detail)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}`)
    .join(" · ");
  return (
    <span class="clip" title={text}>
      {text === "" ? <span class="muted">{eventOf(kind).remedy}</span> : text}
    </span>
  );
}

export function SecurityEvents({ events }: { events: readonly SecurityEvent[] }) {
  return (
    <section class="stack" id="security-events" aria-label="Security events">
      <div class="line wrap">
        <h2 class="nowrap">Security events</h2>
        <span class="muted small">at most one an hour of a kind and station; all of them are in its history</span>
      </div>
      {events.length === 0 ? (
        <div class="panel none-wrong muted">No station reported anything.</div>
      ) : (
        <Table label="Security events" rows={events} columns={COLUMNS} keyOf={keyOf} />
      )}
    </section>
  );
}
