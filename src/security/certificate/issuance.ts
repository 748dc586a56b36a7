/**
 * One certificate on its way from a station's request to the station, as its row has it: what comes next, from what happened. Must not
 * know who signs it, nor how anything is sent or kept.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import type { IssuedCertificate } from "../x509/issued.ts";

/** Read by releases before and after: what is added is optional. */
export interface Issuance {
  id: string;
  /** PEM */
  csr: string;
  /** [OCPP 2.1 A02.FR.25] Said again with the certificate. */
  requestId?: number;
  /** ms since the epoch */
  requestedAt: number;
  /** `signing`: an issuer is to sign it. `sending`: the station is to have it. */
  state: "signing" | "sending";
  /** How often the issuer was asked, or the station told. */
  attempts: number;
  /** ms since the epoch, of the next attempt; absent: it waits for the station. */
  againAt?: number;
  certificate?: IssuedCertificate;
  /** By which the station is told. */
  command?: string;
}

/** Times that an issuer is asked: with the waits some six hours. */
const SIGNINGS_MAX = 12;
/** Times that a station is told that does not answer. */
const SENDINGS_MAX = 5;
/** ms that one question to the issuer takes at most: behind it nobody is asking any more. */
const SIGNING_MS = 30_000;
/** ms of the first wait, doubled each time. */
const AGAIN_BASE_MS = 5_000;
const AGAIN_MAX_MS = 3_600_000;
/** ms until there may be room for the command. */
const NO_ROOM_MS = 60_000;

export interface Request {
  csr: string;
  requestId?: number;
}

/** Who proves nothing may be anybody, and would have for good what it is let in for now. @param isLocal on one machine, for trying */
export const askerFault = (securityProfile: number, isLocal: boolean): string | null =>
  securityProfile === 0 && !isLocal ? "the connection that it came by proves nothing (security profile 0)" : null;

/** A request came: the newer one wins, and the same one once more is the same. @returns also the command that is not to be sent any more */
export function requested(
  known: Issuance | undefined,
  { csr, requestId }: Request,
  id: string,
  now: number,
): { issuance: Issuance; outdated?: string } {
  const outdated = known?.command;
  if (known === undefined || known.csr !== csr) {
    const issuance: Issuance = {
      ...{ id, csr, requestedAt: now, state: "signing", attempts: 0, againAt: now },
      ...(requestId !== undefined && { requestId }),
    };
    return { issuance, ...(outdated !== undefined && { outdated }) };
  }
  const { requestId: _, command: __, ...rest } = known;
  const again = { ...rest, ...(requestId !== undefined && { requestId }) };
  if (known.state === "signing") return { issuance: again };
  // It says it again since it has not got it: under the number that it goes by now.
  return { issuance: { ...again, attempts: 0, againAt: now }, ...(outdated !== undefined && { outdated }) };
}

/** The issuer is asked: should nobody hear the answer, it is asked again. */
export const signing = (issuance: Issuance, now: number): Issuance => ({
  ...issuance,
  attempts: issuance.attempts + 1,
  againAt: now + SIGNING_MS,
});

export type SigningOutcome =
  | { kind: "issued"; certificate: IssuedCertificate }
  | { kind: "later"; reason: string; afterMs?: number }
  | { kind: "refused"; reason: string };

export type Step =
  | { kind: "on"; issuance: Issuance }
  /** The station has it. */
  | { kind: "taken"; issuance: Issuance }
  /** No certificate will come of this request. */
  | { kind: "failed"; issuance: Issuance; reason: string }
  /** The station does not want it, and surely has not got it. */
  | { kind: "not-taken"; issuance: Issuance; reason: string };

/** @param random 0 ≤ random < 1 */
export function signed(issuance: Issuance, outcome: SigningOutcome, now: number, random: number): Step {
  switch (outcome.kind) {
    case "issued":
      return {
        kind: "on",
        issuance: { ...issuance, state: "sending", attempts: 0, againAt: now, certificate: outcome.certificate },
      };
    case "refused":
      return { kind: "failed", issuance, reason: outcome.reason };
    case "later": {
      const { attempts } = issuance;
      if (attempts >= SIGNINGS_MAX)
        return { kind: "failed", issuance, reason: `${outcome.reason} (${attempts} times)` };
      const wait = Math.min(AGAIN_BASE_MS * 2 ** (attempts - 1), AGAIN_MAX_MS) * (0.5 + random / 2);
      return { kind: "on", issuance: { ...issuance, againAt: now + Math.max(wait, outcome.afterMs ?? 0) } };
    }
  }
}

/** @param command `null`: there was no room for it */
export function sending(issuance: Issuance, command: string | null, now: number): Issuance {
  const { againAt: _, command: __, ...rest } = issuance;
  if (command === null) return { ...rest, againAt: now + NO_ROOM_MS };
  return { ...rest, command, attempts: issuance.attempts + 1 };
}

/** How a command ended. */
export type Ended =
  | { kind: "answered"; status: string; detail?: string }
  | { kind: "refused"; reason: string }
  | { kind: "unknown" }
  | { kind: "unsent"; isCancelled: boolean };

/** [OCPP 2.x A02] The station asks anew where it wants another one: what it refused is not said again, what it may not have heard is. */
export function told(issuance: Issuance, ended: Ended, now: number): Step {
  const { command: _, ...rest } = issuance;
  switch (ended.kind) {
    case "answered": {
      if (ended.status === "Accepted") return { kind: "taken", issuance: rest };
      const detail = ended.detail === undefined ? "" : ` (${ended.detail})`;
      return { kind: "not-taken", issuance: rest, reason: `the station said ${ended.status}${detail}` };
    }
    case "refused":
      return { kind: "not-taken", issuance: rest, reason: ended.reason };
    case "unknown":
      if (issuance.attempts >= SENDINGS_MAX)
        return { kind: "failed", issuance: rest, reason: `the station did not answer (${issuance.attempts} times)` };
      return { kind: "on", issuance: { ...rest, againAt: now } };
    case "unsent":
      if (ended.isCancelled) return { kind: "failed", issuance: rest, reason: "its command was cancelled" };
      // It was away for a week, or speaks another version now: it is told when it is there.
      return { kind: "on", issuance: rest };
  }
}

/** [1.6 security whitepaper §5.1; OCPP 2.x A02] */
export function certificateSigned(
  { certificate, requestId }: Issuance,
  protocol: Protocol,
): { action: "CertificateSigned"; payload: Record<string, unknown> } {
  const certificateChain = certificate?.chain ?? "";
  if (protocol === "ocpp1.6") return { action: "CertificateSigned", payload: { certificateChain } };
  const payload = {
    ...{ certificateChain, certificateType: "ChargingStationCertificate" },
    ...(protocol === "ocpp2.1" && requestId !== undefined && { requestId }),
  };
  return { action: "CertificateSigned", payload };
}
