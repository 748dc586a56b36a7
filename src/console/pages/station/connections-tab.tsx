/**
 * A station's last connections: how each was proven, how long it lasted and how it ended. Must not know the station's other parts.
 */
import type { Connection } from "../../../client/history-views.ts";
import type { Resource } from "../../data/resource.ts";
import { Badge, Profile } from "../../parts/badge.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { endWords, lasted, shortFingerprint } from "./words.ts";

export const ConnectionsTab = ({ resource }: { resource: Resource<Connection[]> }) => (
  <Shown resource={resource}>
    {(connections) =>
      connections.length === 0 ? (
        <State icon="offline" title="It has not connected yet" />
      ) : (
        <Table
          label="The last connections, the newest first"
          rows={connections}
          columns={COLUMNS}
          keyOf={({ connectionId }) => connectionId}
          tail={connections.length >= KEPT ? "Older ones are not kept." : undefined}
        />
      )
    }
  </Shown>
);

/** [docs/history.md] As many are kept. */
const KEPT = 20;
/** Ends that nobody wanted. */
const BAD = new Set([
  ...["silent", "lost", "the connection broke", "too many messages"],
  ...["certificate-expired", "certificate-revoked"],
]);

const COLUMNS: readonly Column<Connection>[] = [
  {
    ...{ key: "connected", title: "Connected", width: "minmax(150px, 1fr)", narrow: "lead" },
    cell: ({ connectedAt }) => <Time at={connectedAt} form="local" />,
  },
  {
    ...{ key: "lasted", title: "Lasted", width: "90px", narrow: "trail" },
    cell: ({ durationSeconds }) => <span class="number">{lasted(durationSeconds)}</span>,
  },
  {
    ...{ key: "ended", title: "Ended", width: "minmax(150px, 1.6fr)", narrow: "under" },
    cell: (connection) => <End connection={connection} />,
  },
  {
    ...{ key: "profile", title: "Profile", width: "90px", narrow: "under-trail" },
    cell: ({ securityProfile }) => <Profile profile={securityProfile} />,
  },
  {
    ...{ key: "certificate", title: "Certificate", width: "minmax(80px, 150px)" },
    cell: ({ certificate }) =>
      certificate === null ? (
        <span class="muted">–</span>
      ) : (
        <code title={certificate.fingerprint}>{shortFingerprint(certificate.fingerprint)}</code>
      ),
  },
  { ...{ key: "version", title: "Version", width: "80px" }, cell: ({ protocol }) => protocol },
  {
    ...{ key: "address", title: "Address", width: "minmax(90px, 130px)" },
    cell: ({ remoteAddress }) => <span class="mono">{remoteAddress ?? "–"}</span>,
  },
];

function End({ connection: { disconnectedAt, code, reason, heartbeats } }: { connection: Connection }) {
  if (disconnectedAt === null)
    return (
      <span class="line">
        <Badge tone="good">live</Badge>
        {heartbeats !== undefined && <span class="muted small number">{heartbeats} Heartbeats</span>}
      </span>
    );
  const words = endWords(code, reason);
  return (
    <span class={BAD.has(reason ?? "") ? "warn" : ""} title={`${words} (${code ?? "no code"})`}>
      {words} <span class="muted small number">{code}</span>
    </span>
  );
}
