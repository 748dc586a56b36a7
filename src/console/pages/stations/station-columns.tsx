/**
 * A station as a row of the list. Must not know which stations are listed.
 */
import type { StationEntry } from "../../../client/fleet/station-list.ts";
import { now } from "../../data/clock.ts";
import { daysLeft } from "../../data/days-left.ts";
import { href } from "../../data/route.ts";
import { Badge, Dot, Profile } from "../../parts/badge.tsx";
import type { Column } from "../../parts/table.tsx";
import { fullTime, Time } from "../../parts/time.tsx";

export const STATION_COLUMNS: readonly Column<StationEntry>[] = [
  {
    ...{ key: "id", title: "Station", width: "minmax(150px, 1.4fr)", sort: "id", narrow: "lead" },
    cell: ({ stationId, online }) => (
      <span class="line">
        <Dot tone={online ? "good" : "off"} label={online ? "Online" : "Offline"} />
        <a class="lead clip" href={href(["stations", stationId])} title={stationId}>
          {stationId}
        </a>
      </span>
    ),
  },
  {
    ...{ key: "state", title: "State", width: "minmax(170px, 2.2fr)", sort: "offline", narrow: "under" },
    cell: ({ online, offlineReason, undelivered }) => (
      <span class="line">
        {online ? (
          <span class="good">online</span>
        ) : (
          <span class="clip" title={offlineReason}>
            {offlineReason ?? "offline"}
          </span>
        )}
        {undelivered && (
          <Badge tone="warn" title="Some webhook does not take its events, or was not given some">
            undelivered
          </Badge>
        )}
      </span>
    ),
  },
  {
    ...{ key: "since", title: "Since", width: "92px", sort: "changed", narrow: "trail" },
    cell: ({ online, offlineSince, changedAt }) => (
      <span class={online ? "muted" : ""}>
        <Time at={online ? changedAt : offlineSince} />
      </span>
    ),
  },
  {
    ...{ key: "profile", title: "Profile", width: "84px", narrow: "under-trail" },
    cell: ({ securityProfile }) => <Profile profile={securityProfile} />,
  },
  {
    ...{ key: "protocol", title: "OCPP", width: "52px", from: 960 },
    cell: ({ connection }) => <span class="number">{connection?.protocol.replace("ocpp", "") ?? <None />}</span>,
  },
  {
    ...{ key: "model", title: "Vendor, model", width: "minmax(110px, 1.3fr)", from: 1080 },
    cell: ({ vendor, model }) =>
      vendor === null && model === null ? (
        <None />
      ) : (
        <span title={`${vendor ?? ""} ${model ?? ""}`}>
          {vendor} <span class="muted">{model}</span>
        </span>
      ),
  },
  {
    ...{ key: "serial", title: "Serial number", width: "minmax(84px, 0.9fr)", from: 1360 },
    cell: ({ serialNumber }) => (serialNumber === null ? <None /> : <span title={serialNumber}>{serialNumber}</span>),
  },
  {
    ...{ key: "labels", title: "Labels", width: "minmax(90px, 1.5fr)", from: 1240 },
    cell: ({ labels }) => <Labels labels={labels} />,
  },
  {
    ...{ key: "certificate", title: "Certificate", width: "76px", from: 1180 },
    cell: ({ certificateExpires }) => <Ends at={certificateExpires} />,
  },
];

const None = () => <span class="muted">–</span>;

export function Labels({ labels }: { labels: Readonly<Record<string, string>> }) {
  const text = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
  return text === "" ? <None /> : <span title={text}>{text}</span>;
}

/** Of a certificate: how long it still counts. */
function Ends({ at }: { at: string | null }) {
  if (at === null) return <None />;
  const { tone, words, short } = daysLeft(at, now.peek());
  return (
    <time class={`number ${tone === "good" ? "" : tone}`} dateTime={at} title={`${words}\n${fullTime(Date.parse(at))}`}>
      {short}
    </time>
  );
}
