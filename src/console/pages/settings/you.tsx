/**
 * Who is signed in, and what that lets do and what not. Must not know other keys.
 */
import type { Scope } from "../../../client/kerbside.ts";
import type { Identity } from "../../data/session.ts";
import { Icon } from "../../parts/icon.tsx";
import { FleetPartText } from "./fleet-part.tsx";
import { SCOPES } from "./scopes.tsx";

export function You({ identity: { name, scopes, stations } }: { identity: Identity }) {
  return (
    <section class="panel">
      <header>
        <h2>{name}</h2>
        <span class="muted small">
          <FleetPartText part={stations ?? null} />
        </span>
      </header>
      <div class="body">
        {scopes === null ? (
          <p class="muted">
            This Kerbside does not tell what a key may do; what it may not is refused when it is tried.
          </p>
        ) : (
          <ul class="scope-list">
            {(Object.entries(SCOPES) as [Scope, string][]).map(([scope, words]) => {
              const has = scopes.includes(scope);
              return (
                <li key={scope} class={`line${has ? "" : " muted"}`}>
                  <span class={has ? "good" : ""} role="img" aria-label={has ? "Yes" : "No"}>
                    <Icon name={has ? "check" : "lock"} size={14} />
                  </span>
                  <code>{scope}</code>
                  <span class="clip">{words}</span>
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </section>
  );
}
