/**
 * What the fleet is made of, as shares: profiles, versions, vendors, reasons. Must not know how it is counted.
 */
import type { FleetSummary } from "../../../client/fleet/station-list.ts";
import { offlineKindName } from "../../data/offline-kinds.ts";
import { href } from "../../data/route.ts";
import { PROFILE_NAMES } from "../../parts/badge.tsx";
import { Figure } from "../../parts/figure.tsx";

/** Of one list; the rest is summed. */
const VENDORS_SHOWN = 8;

interface Share {
  key: string;
  label: string;
  value: number;
  /** `null`: no list has it. */
  to: string | null;
  token?: string;
}

const list = (query: Record<string, string | number | boolean>): string => href(["stations"], query);

export function Breakdowns({ summary }: { summary: FleetSummary }) {
  return (
    <>
      <Profiles summary={summary} />
      <Shares title="Offline, by how it ended" shares={reasons(summary)} empty="No station is offline." />
      <Shares title="Version, of those online" shares={versions(summary)} empty="No station is online." />
      <Shares title="Vendor" shares={vendors(summary)} empty="No station has booted." />
      <Shares title="Certificates that end" shares={certificates(summary)} empty="None within 30 days." />
    </>
  );
}

/** TLS beside mTLS first, whatever there is of them. */
function Profiles({ summary }: { summary: FleetSummary }) {
  const profiles = [3, 2, 1, 0].filter((profile) => profile >= 2 || (summary.bySecurityProfile[profile] ?? 0) > 0);
  return (
    <section class="panel" aria-label="By security profile">
      <header>
        <h2>Security profile</h2>
        <span class="muted small">online of registered</span>
      </header>
      <div class="shares">
        {profiles.map((profile) => {
          const all = summary.bySecurityProfile[profile] ?? 0;
          const online = summary.onlineBySecurityProfile[profile] ?? 0;
          return (
            <div class="share" key={profile}>
              <Bar part={all === 0 ? 0 : online / all} token={`--profile-${profile}`} />
              <span class={`profile p${profile}`}>{PROFILE_NAMES[profile]}</span>
              <span class="share-figures">
                <Figure
                  value={online}
                  to={list({ online: true, securityProfile: profile })}
                  label={`online by ${PROFILE_NAMES[profile]}`}
                />
                <span class="muted">/</span>
                <Figure
                  value={all}
                  to={list({ securityProfile: profile })}
                  label={`registered for ${PROFILE_NAMES[profile]}`}
                />
              </span>
            </div>
          );
        })}
      </div>
    </section>
  );
}

function Shares({ title, shares, empty }: { title: string; shares: readonly Share[]; empty: string }) {
  const most = Math.max(...shares.map(({ value }) => value), 1);
  const isEmpty = shares.every(({ value }) => value === 0);
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      {isEmpty ? (
        <p class="body muted small">{empty}</p>
      ) : (
        <div class="shares">
          {shares.map(({ key, label, value, to, token = "--line-strong" }) => (
            <div class="share" key={key}>
              <Bar part={value / most} token={token} />
              <span class="clip" title={label}>
                {label}
              </span>
              <span class="share-figures">
                <Figure value={value} to={to ?? undefined} label={label} />
              </span>
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

const Bar = ({ part, token }: { part: number; token: string }) =>
  part === 0 ? null : (
    <i class="share-bar" style={{ width: `${Math.min(part, 1) * 100}%`, background: `var(${token})` }} />
  );

const sorted = (counts: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(counts)
    .filter(([, value]) => value > 0)
    .sort(([, a], [, b]) => b - a);

const reasons = ({ byOfflineReason }: FleetSummary): Share[] =>
  sorted(byOfflineReason).map(([key, value]) => ({
    ...{ key, value, label: offlineKindName(key) },
    to: list({ online: false, offlineKind: key, sort: "changed" }),
  }));

const versions = ({ byProtocol }: FleetSummary): Share[] =>
  sorted(byProtocol).map(([key, value]) => ({
    ...{ key, value, label: `OCPP ${key.replace("ocpp", "")}` },
    to: list({ online: true, protocol: key }),
  }));

function vendors({ byVendor, otherVendors, unknownVendor }: FleetSummary): Share[] {
  const shown = byVendor.slice(0, VENDORS_SHOWN);
  const others = byVendor.slice(VENDORS_SHOWN).reduce((sum, { stations }) => sum + stations, otherVendors);
  return [
    ...shown.map(({ vendor, stations }) => ({
      ...{ key: vendor, label: vendor, value: stations },
      to: list({ vendor }),
    })),
    ...(others > 0 ? [{ key: " others", label: "others", value: others, to: null }] : []),
    ...(unknownVendor > 0 ? [{ key: " none", label: "not booted yet", value: unknownVendor, to: null }] : []),
  ];
}

const WITHIN: readonly (readonly [days: string, label: string])[] = [
  ["0", "have ended"],
  ["1", "within a day"],
  ["7", "within 7 days"],
  ["14", "within 14 days"],
  ["30", "within 30 days"],
];

const certificates = ({ certificatesExpiring }: FleetSummary): Share[] =>
  WITHIN.map(([days, label]) => ({
    ...{ key: days, label, value: certificatesExpiring[days] ?? 0 },
    to: list({ certificateWithin: days }),
    token: days === "0" ? "--bad" : "--warn",
  }));
