/**
 * What each scope lets a key do, and which of them one has. Must not know any key.
 */
import type { Scope } from "../../../client/kerbside.ts";
import { Badge } from "../../parts/badge.tsx";

export const SCOPES: Readonly<Record<Scope, string>> = {
  "stations:read": "See stations and newcomers",
  "stations:write": "Register, change, disconnect, deregister stations",
  "commands:write": "Send commands, and see them",
  "campaigns:write": "Send a command to many",
  "webhooks:write": "Say where events go, replay them",
  "messages:read": "Read what stations say, masked",
  "messages:unmasked": "… with tokens and passwords",
  "metrics:read": "Figures and curves",
  "audit:read": "Who did what; settings and keys",
  "pki:write": "Revocations, rotations, upgrades",
  "csms:connect": "Answer for a station as its CSMS",
};

export const ScopeList = ({ scopes }: { scopes: readonly Scope[] }) => (
  <span class="line wrap scopes">
    {(Object.keys(SCOPES) as Scope[])
      .filter((scope) => scopes.includes(scope))
      .map((scope) => (
        <Badge key={scope} title={SCOPES[scope]}>
          <code>{scope}</code>
        </Badge>
      ))}
  </span>
);
