/**
 * The settings of this deployment, by what they are about, and what is bound to it. Must not know what a setting does beyond a name.
 */
import type { Setting } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { Badge } from "../../parts/badge.tsx";
import { count } from "../../parts/figure.tsx";
import { Shown } from "../../parts/states.tsx";

/** By the beginning of the name; what fits none is under the last. */
const GROUPS: readonly (readonly [title: string, names: RegExp])[] = [
  ["Who is let in", /^(?:MTLS_|CLIENT_CA|CRL_|STATION_CAS|ALLOW_|API_KEYS|ACCESS_|SERVER_ROOT)/],
  ["What stations speak", /^(?:PROTOCOLS|SUBPROTOCOL|VALIDATION|HEARTBEAT|BOOT_|PRESENCE)/],
  ["Who answers them", /^(?:CSMS_|STANDALONE_)/],
  ["Where events go", /^WEBHOOK_/],
  ["Records and the rest", /./],
];
/** What a deployment in production does not run with. */
const DARING: Readonly<Record<string, Setting["value"]>> = { ALLOW_PROFILE_0: true };

export function Deployment() {
  const resource = useResource("settings", (client) => client.settings(), { everyMs: null });
  return (
    <Shown resource={resource}>
      {({ version, settings, bindings }) => (
        <>
          <p class="muted">
            Kerbside <b class="number">{version}</b>. Settings are those of <code>wrangler.toml</code>, the secrets and
            the environment; here they are only shown. Bound:{" "}
            {Object.entries(bindings).map(([name, isBound]) => (
              <span key={name}>
                <Badge tone={isBound ? "good" : "plain"}>
                  {name} {isBound ? "" : "not bound"}
                </Badge>{" "}
              </span>
            ))}
          </p>
          <div class="settings-groups">
            {grouped(settings).map(([title, group]) => (
              <section class="panel" key={title}>
                <header>
                  <h2>{title}</h2>
                </header>
                <dl class="settings">
                  {group.map((setting) => (
                    <div key={setting.name}>
                      <dt>
                        <code>{setting.name}</code>
                      </dt>
                      <dd>
                        <Value setting={setting} />
                      </dd>
                      <dd class="muted small from">{setting.isSet ? "set" : "default"}</dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
          </div>
        </>
      )}
    </Shown>
  );
}

function grouped(settings: readonly Setting[]): [string, Setting[]][] {
  const placeOf = ({ name }: Setting) => GROUPS.findIndex(([, names]) => names.test(name));
  return GROUPS.map(([title], place): [string, Setting[]] => [
    title,
    settings.filter((setting) => placeOf(setting) === place),
  ]).filter(([, group]) => group.length > 0);
}

function Value({ setting: { name, value, isSet, isSecret } }: { setting: Setting }) {
  if (isSecret) return <span class="muted">{isSet ? "secret, set" : "secret, not set"}</span>;
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0))
    return <span class="muted">–</span>;
  const text = textOf(value);
  if (DARING[name] === value)
    return (
      <Badge tone="warn" title="For development alone">
        {text}
      </Badge>
    );
  return <code>{text}</code>;
}

function textOf(value: NonNullable<Setting["value"]>): string {
  if (typeof value === "number") return count(value);
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  const certificates = text.split("-----BEGIN CERTIFICATE-----").length - 1;
  if (certificates > 0) return certificates === 1 ? "1 certificate" : `${certificates} certificates`;
  return text;
}
