/**
 * The keys of this deployment: whose, for what, and for which part of the fleet. Must not know a key itself.
 */
import type { Settings } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { href } from "../../data/route.ts";
import { identity } from "../../data/session.ts";
import { Badge } from "../../parts/badge.tsx";
import { Shown } from "../../parts/states.tsx";
import { FleetPartText } from "./fleet-part.tsx";
import { ScopeList } from "./scopes.tsx";

export function KeyList() {
  const resource = useResource("settings", (client) => client.settings(), { everyMs: null });
  return (
    <Shown resource={resource}>
      {({ keys }) => (
        <>
          <p class="muted">
            From the secret <code>API_KEYS</code>, which has only their hashes. What each did is in the{" "}
            <a href="#/audit">audit</a>.
          </p>
          <ul class="panel keys">
            {keys.map((key) => (
              <KeyRow key={key.name} given={key} />
            ))}
          </ul>
        </>
      )}
    </Shown>
  );
}

const KeyRow = ({ given: { name, scopes, stations } }: { given: Settings["keys"][number] }) => (
  <li>
    <div class="line wrap">
      <a class="lead" href={href(["audit"], { actor: name })} title="What it did">
        {name}
      </a>
      {identity.value?.name === name && <Badge tone="good">you</Badge>}
      <span class="muted small">
        <FleetPartText part={stations} />
      </span>
    </div>
    <ScopeList scopes={scopes} />
  </li>
);
