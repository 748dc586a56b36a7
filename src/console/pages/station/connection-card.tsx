/**
 * How a station is connected, and what that proves; or since when it is not, and why. Must not know its other parts.
 */
import type { StationView } from "../../../client/views.ts";
import { now } from "../../data/clock.ts";
import { daysLeft } from "../../data/days-left.ts";
import { Badge, Profile } from "../../parts/badge.tsx";
import { CommandLine, CopyButton } from "../../parts/copy-button.tsx";
import { Time } from "../../parts/time.tsx";
import { CSMS_WORDS, PROOFS, shortFingerprint } from "./words.ts";

export function ConnectionCard({ view }: { view: StationView }) {
  const { connection, csms } = view;
  return (
    <section class="panel" aria-label="Connection">
      <header>
        <h2>Connection</h2>
        {connection !== null && <Profile profile={connection.securityProfile} />}
      </header>
      <div class="body">
        {connection === null ? <Away view={view} /> : <There view={view} connection={connection} />}
        <dl class="facts apart">
          <dt>Answered by</dt>
          <dd>
            {CSMS_WORDS[csms.kind]}
            {csms.kind === "link" && csms.since === null && <span class="warn">, which is not connected</span>}
            {csms.since !== null && (
              <span class="muted small">
                {" "}
                since <Time at={csms.since} />
              </span>
            )}
            {csms.backlog > 0 && <span class="warn"> {csms.backlog} events wait for it</span>}
          </dd>
        </dl>
      </div>
    </section>
  );
}

function There({ view, connection }: { view: StationView; connection: NonNullable<StationView["connection"]> }) {
  const { certificate, securityProfile, protocol, remoteAddress, since, lastMessageAt } = connection;
  return (
    <dl class="facts">
      <dt>Proof</dt>
      <dd>
        {PROOFS[securityProfile]}
        {view.securityProfile !== securityProfile && (
          <div class="small muted">It is registered for profile {view.securityProfile}, or higher.</div>
        )}
      </dd>
      {certificate !== null && (
        <>
          <dt>Certificate</dt>
          <dd>
            <div class="line wrap">
              <span class="clip">CN={view.certificate.commonName}</span>
              <Left notAfter={certificate.notAfter} />
            </div>
            <div class="line">
              <code class="small" title={certificate.fingerprint}>
                {shortFingerprint(certificate.fingerprint)}
              </code>
              <CopyButton text={certificate.fingerprint} label="the fingerprint" />
            </div>
            <div class="small muted">
              until <Time at={certificate.notAfter} form="local" />
            </div>
          </dd>
        </>
      )}
      <dt>Speaks</dt>
      <dd>{protocol}</dd>
      <dt>Address</dt>
      <dd class="mono">{remoteAddress ?? "not known"}</dd>
      <dt>Since</dt>
      <dd>
        <Time at={since} />
      </dd>
      <dt>Last message</dt>
      <dd>
        <Time at={lastMessageAt} />
      </dd>
    </dl>
  );
}

function Left({ notAfter }: { notAfter: string }) {
  const { tone, words } = daysLeft(notAfter, now.value);
  return <Badge tone={tone}>{words}</Badge>;
}

function Away({ view }: { view: StationView }) {
  const { offlineSince, offlineReason = "not known" } = view;
  const isNew = view.boot === null && offlineReason === "never connected";
  return (
    <div class="stack">
      <dl class="facts">
        <dt>{isNew ? "Registered" : "Off"}</dt>
        <dd>
          {offlineSince === undefined ? <span class="muted">since when is not known</span> : <Time at={offlineSince} />}
        </dd>
        <dt>{isNew ? "State" : "Reason"}</dt>
        <dd>{offlineReason}</dd>
      </dl>
      {isNew && <HowTo view={view} />}
    </div>
  );
}

/** For who has just registered it, and stands before it. */
function HowTo({ view }: { view: StationView }) {
  const { protocol, host, hostname } = location;
  const isLocal = hostname === "localhost" || hostname === "127.0.0.1";
  const secure = protocol === "https:" ? host : "";
  const place =
    view.securityProfile < 2
      ? `ws://${host}`
      : secure !== "" && view.securityProfile === 2
        ? `wss://${secure}`
        : isLocal
          ? `wss://localhost:${view.securityProfile === 3 ? 8444 : 8443}`
          : `wss://${view.securityProfile === 3 ? "the mTLS host" : host}`;
  return (
    <div class="stack small">
      <p class="muted">
        Point it to this address. {view.securityProfile === 3 ? "It shows its certificate" : "Its user is its name"}
        {view.securityProfile === 1 || view.securityProfile === 2
          ? ", its password the one it was registered with."
          : "."}
      </p>
      <CommandLine text={`${place}/ocpp/${encodeURIComponent(view.stationId)}`} />
    </div>
  );
}
