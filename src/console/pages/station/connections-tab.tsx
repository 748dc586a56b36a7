/**
 * A station's last connections: how each was proven, how long it lasted and how it ended. Must not know the station's other parts.
 */
import type { Connection } from "../../../client/history-views.ts";
import type { Resource } from "../../data/resource.ts";
import { Badge, Profile } from "../../parts/badge.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { endWords, lasted, shortFingerprint } from "./words.ts";

export const ConnectionsTab = ({ resource }: { resource: Resource<Connection[]> }) => (
  <Shown resource={resource}>
    {(connections) =>
      connections.length === 0 ? (
        <State icon="offline" title="It has not connected yet" />
      ) : (
        <div class="scrolls panel">
          <table class="plain-table">
            <caption class="hidden-text">The last connections, the newest first</caption>
            <thead>
              <tr>
                <th scope="col">Connected</th>
                <th scope="col">Lasted</th>
                <th scope="col">Ended</th>
                <th scope="col">Profile</th>
                <th scope="col">Version</th>
                <th scope="col">Address</th>
              </tr>
            </thead>
            <tbody>
              {connections.map((connection) => (
                <ConnectionRow key={connection.connectionId} connection={connection} />
              ))}
            </tbody>
          </table>
        </div>
      )
    }
  </Shown>
);

/** Ends that nobody wanted. */
const BAD = new Set([
  "silent",
  "lost",
  "the connection broke",
  "too many messages",
  "certificate-expired",
  "certificate-revoked",
]);

function ConnectionRow({ connection }: { connection: Connection }) {
  const { connectedAt, disconnectedAt, durationSeconds, code, reason, certificate, heartbeats } = connection;
  return (
    <tr>
      <td>
        <Time at={connectedAt} form="local" />
      </td>
      <td class="number">{lasted(durationSeconds)}</td>
      <td>
        {disconnectedAt === null ? (
          <span class="line">
            <Badge tone="good">live</Badge>
            {heartbeats !== undefined && <span class="muted small number">{heartbeats} Heartbeats</span>}
          </span>
        ) : (
          <span class={BAD.has(reason ?? "") ? "warn" : ""}>
            {endWords(code, reason)} <span class="muted small number">{code}</span>
          </span>
        )}
      </td>
      <td>
        <Profile profile={connection.securityProfile} />
        {certificate !== null && (
          <div class="small muted">
            <code title={certificate.fingerprint}>{shortFingerprint(certificate.fingerprint)}</code>
          </div>
        )}
      </td>
      <td>{connection.protocol}</td>
      <td class="mono">{connection.remoteAddress ?? "–"}</td>
    </tr>
  );
}
