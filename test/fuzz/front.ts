/**
 * Drives mutated requests and upgrades at the three listeners of a local edge, and counts what came of them. Must not know how
 * they are made, nor how the counts are judged.
 */
import tls from "node:tls";
import { issueStationCertificate } from "../../src/local/pki/station-certificate.ts";
import { type Rng, seeded } from "../support/ocpp-samples.ts";
import { readAnswers } from "./answers.ts";
import type { AttackCounts } from "./counts.ts";
import { exchange } from "./exchange.ts";
import { type Certificate, type FrontCase, frontCase } from "./requests.ts";
import { hasRight } from "./rights.ts";
import type { Place } from "./targets.ts";

const CERTIFICATE_OF = "FUZZ-3";
/** ms; a good one is waited for, however slow the machine. */
const GOOD_IDLE_MS = 20_000;
const IDLE_MS = 1_000;
/** Nothing is to come but, at the end of its time, a 408. */
const HALF_IDLE_MS = 100;

export async function frontAttack(place: Place, seed: number): Promise<(counts: AttackCounts) => Promise<void>> {
  const contexts = await clientContexts(place);
  let index = 0;
  return (counts) => attackOnce(place, contexts, seeded(seed + index++), counts);
}

type Contexts = Record<Certificate, tls.SecureContext>;

async function clientContexts({ pki, rootPem: ca }: Place): Promise<Contexts> {
  const kinds = {
    own: "valid",
    expired: "expired",
    revoked: "revoked",
    "other-ca": "other-ca",
    "self-signed": "self-signed",
  };
  const made = await Promise.all(
    Object.entries(kinds).map(async ([name, kind]) => {
      const options = { stationId: CERTIFICATE_OF, kind: kind as "valid" };
      const { cert, key } = await issueStationCertificate(pki, options);
      return [name, tls.createSecureContext({ ca, cert, key })] as const;
    }),
  );
  return { none: tls.createSecureContext({ ca }), ...Object.fromEntries(made) } as Contexts;
}

async function attackOnce(place: Place, contexts: Contexts, rng: Rng, counts: AttackCounts): Promise<void> {
  const attack = frontCase(rng);
  const { transport, isRaw, certificate, pieces, ending, kind } = attack;
  const isPipelined = kind === "pipelined" || kind === "bytes";
  const { received, isOver } = await exchange({
    port: place.ports[transport],
    ...(transport !== "http" && !isRaw && { tls: { secureContext: contexts[certificate] } }),
    pieces,
    ending,
    idleMs: kind === "good" ? GOOD_IDLE_MS : kind === "half" || isRaw ? HALF_IDLE_MS : IDLE_MS,
    isEnough: (bytes) => {
      const { answers, rest } = readAnswers(bytes, false);
      return answers.at(-1)?.status === 101 || (answers.length > 0 && rest === "" && !isPipelined);
    },
  });
  counts.sent++;
  counts.ofKind(kind);
  const example = () => exampleOf(attack);
  if (isRaw) {
    // TLS answers with an alert, if at all.
    if (received.includes("HTTP/1.1 101")) counts.wrongAdmissions.add(example());
    return;
  }
  const read = readAnswers(received, isOver);
  counts.answered(read, isOver, example);
  const certificateOf = certificate === "own" ? CERTIFICATE_OF : null;
  const isAdmitted = read.answers.at(-1)?.status === 101;
  if (isAdmitted && !hasRight(Buffer.concat(pieces), { transport, certificateOf }))
    counts.wrongAdmissions.add(example());
  if (kind === "good" && !isAdmitted)
    counts.refusedGood.add(`${received.toString("latin1").slice(0, 300)} for ${example()}`);
}

function exampleOf({ kind, transport, certificate, pieces }: FrontCase): string {
  const text = JSON.stringify(Buffer.concat(pieces).toString("latin1")).replace(/x{99,}/g, (run) => `x{${run.length}}`);
  return `${kind} over ${transport} (certificate: ${certificate}) ${text.slice(0, 2_000)}`;
}
