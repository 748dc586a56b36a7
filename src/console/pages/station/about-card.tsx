/**
 * What a station is by its own word, and what is registered of it. Must not know how it is connected.
 */
import type { StationView } from "../../../client/views.ts";
import { Badge, Profile } from "../../parts/badge.tsx";
import { Time } from "../../parts/time.tsx";

const BOOT_TONES = { Accepted: "good", Pending: "warn", Rejected: "bad", unknown: "plain" } as const;

export function AboutCard({ view }: { view: StationView }) {
  const { boot } = view;
  const said: [string, string | undefined][] = [
    ["Vendor", boot?.vendor],
    ["Model", boot?.model],
    ["Serial", boot?.serialNumber],
    ["Firmware", boot?.firmwareVersion],
  ];
  return (
    <section class="panel" aria-label="What it is">
      <header>
        <h2>What it is</h2>
        {boot !== null && (
          <Badge tone={BOOT_TONES[boot.status] ?? "plain"} title="The answer to its BootNotification">
            boot {boot.status === "unknown" ? "not answered" : boot.status}
          </Badge>
        )}
      </header>
      <div class="body">
        {boot === null ? (
          <p class="muted">It has sent no BootNotification yet.</p>
        ) : (
          <dl class="facts">
            {said.map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
            <dt>Booted</dt>
            <dd>
              <Time at={boot.at} />
              {boot.reason !== undefined && <span class="muted"> {boot.reason}</span>}
            </dd>
            {boot.intervalSeconds !== undefined && <Fact name="Heartbeat" value={`every ${boot.intervalSeconds} s`} />}
          </dl>
        )}
      </div>
    </section>
  );
}

const Fact = ({ name, value }: { name: string; value: string | undefined }) => (
  <>
    <dt>{name}</dt>
    <dd>{value === undefined || value === "" ? <span class="muted">–</span> : value}</dd>
  </>
);

export interface RegistrationCardProps {
  view: StationView;
  mayEdit: boolean;
  onEdit: () => void;
}

export function RegistrationCard({ view, mayEdit, onEdit }: RegistrationCardProps) {
  const { certificate, labels, protocols, hasPassword, passwordOverlap, validation, heartbeatIntervalSeconds } = view;
  const named = Object.entries(labels);
  return (
    <section class="panel" aria-label="Registration">
      <header>
        <h2>Registration</h2>
        <button
          type="button"
          class="button small"
          disabled={!mayEdit}
          title={mayEdit ? undefined : "Your key lacks the scope stations:write"}
          onClick={onEdit}
        >
          Edit
        </button>
      </header>
      <div class="body">
        <dl class="facts">
          <dt>Profile</dt>
          <dd>
            <Profile profile={view.securityProfile} />
          </dd>
          <Fact
            name="Password"
            value={hasPassword ? (passwordOverlap === true ? "set; the one before counts too" : "set") : "none"}
          />
          {view.securityProfile === 3 && (
            <Fact
              name="Certificate"
              value={[
                `CN=${certificate.commonName}`,
                ...(certificate.organization === undefined ? [] : [`O=${certificate.organization}`]),
                ...(certificate.fingerprints === undefined ? [] : [`${certificate.fingerprints.length} pinned`]),
              ].join(", ")}
            />
          )}
          <Fact name="Versions" value={protocols.length === 0 ? "all that are enabled" : protocols.join(", ")} />
          {validation !== undefined && <Fact name="Validation" value={validation} />}
          {heartbeatIntervalSeconds !== undefined && (
            <Fact name="Heartbeat" value={`at most ${heartbeatIntervalSeconds} s`} />
          )}
          <dt>Labels</dt>
          <dd>
            {named.length === 0 && <span class="muted">none</span>}
            <span class="line wrap">
              {named.map(([name, value]) => (
                <a
                  key={name}
                  class="badge plain"
                  href={`#/stations?label.${encodeURIComponent(name)}=${encodeURIComponent(value)}`}
                  title={`Stations with ${name}=${value}`}
                >
                  {name}={value}
                </a>
              ))}
            </span>
          </dd>
        </dl>
      </div>
    </section>
  );
}
