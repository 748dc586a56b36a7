/**
 * What somebody who knocked said of itself, as a form of registration can begin with it. Must not take any of it for proven.
 */
import type { Newcomer } from "../../../client/fleet/newcomers.ts";
import type { Protocol, SecurityProfile } from "../../../client/views.ts";
import type { Known } from "../../parts/register-station.tsx";

export interface ShownCertificate {
  subject: string;
  fingerprint: string | null;
  verdict: string;
}

const PROFILES: Readonly<Record<string, SecurityProfile>> = { mtls: 3, wss: 2, ws: 1 };
const PROTOCOLS: readonly Protocol[] = ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"];

/** What its transport stands for. */
export const profileOf = ({ transport }: Newcomer): SecurityProfile => PROFILES[transport] ?? 0;

export const certificateOf = ({ certificate }: Newcomer): ShownCertificate | null =>
  certificate as ShownCertificate | null;

export function knownOf(newcomer: Newcomer): Known {
  const { stationId, protocols } = newcomer;
  const shown = certificateOf(newcomer);
  const commonName = partOf(shown?.subject ?? "", "CN");
  return {
    ...{ stationId, securityProfile: profileOf(newcomer) },
    protocols: PROTOCOLS.filter((each) => protocols.includes(each)),
    // The identity is what it has to be if nothing else is said.
    commonName: commonName === stationId ? "" : commonName,
    organization: partOf(shown?.subject ?? "", "O"),
    fingerprint: shown?.fingerprint ?? "",
  };
}

/** [RFC 2253 §3] Of a subject as it is written there; a part with an escaped comma is read whole. */
function partOf(subject: string, name: string): string {
  const [, value = ""] = new RegExp(`(?:^|[,+])\\s*${name}=((?:\\\\.|[^,+\\\\])*)`).exec(subject) ?? [];
  return value.replace(/\\(.)/g, "$1");
}
