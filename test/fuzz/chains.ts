/**
 * Shows mutated certificate chains, each with its own key, to the listener that asks for one, and counts what came of them. Must
 * not know how they are made, nor how the counts are judged.
 */
import { createPublicKey, X509Certificate } from "node:crypto";
import tls from "node:tls";
import { type Rng, seeded } from "../support/ocpp-samples.ts";
import { readAnswers } from "./answers.ts";
import { type ChainCase, ChainMaker } from "./certificates.ts";
import type { AttackCounts } from "./counts.ts";
import { exchange } from "./exchange.ts";
import { goodUpgrade, headText } from "./heads.ts";
import { type Authorities, isIssuedFor } from "./issued.ts";
import { type Place, TARGETS } from "./targets.ts";

/** ms; each is waited for, however slow the machine. */
const IDLE_MS = 20_000;

export async function certificateAttack(place: Place, seed: number): Promise<(counts: AttackCounts) => Promise<void>> {
  const maker = new ChainMaker(place.pki, seeded(seed));
  const keys = [place.pki.rootPem, place.pki.stationCaPem].map((pem) =>
    createPublicKey(new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" })),
  );
  const authorities = { keys, revoked: maker.revoked };
  let index = 0;
  return async (counts) => {
    for (;;) {
      const rng = seeded(seed + index++);
      const made = maker.next(rng);
      const secureContext = contextOf(made, place.rootPem);
      // What OpenSSL itself cannot read, here, is read by none of the edge's code either.
      if (secureContext === null) counts.unloadable++;
      else return show(place, made, secureContext, authorities, rng, counts);
    }
  };
}

const pemOf = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64")}\n-----END CERTIFICATE-----\n`;

function contextOf({ leaf, chain, key }: ChainCase, ca: string): tls.SecureContext | null {
  try {
    const cert = [leaf, ...chain].map(pemOf).join("");
    return tls.createSecureContext({ ca, cert, key: key.export({ type: "pkcs8", format: "pem" }) });
  } catch {
    return null;
  }
}

async function show(
  place: Place,
  made: ChainCase,
  secureContext: tls.SecureContext,
  authorities: Authorities,
  rng: Rng,
  counts: AttackCounts,
): Promise<void> {
  const { kind, leaf, chain, target, isGood } = made;
  const station = TARGETS.find(({ id }) => id === target);
  const head = goodUpgrade({ id: target, securityProfile: 3, password: station?.password ?? null });
  const version = rng() < 0.5 ? "TLSv1.2" : "TLSv1.3";
  const { received, isOver } = await exchange({
    port: place.ports.mtls,
    tls: { secureContext, minVersion: version, maxVersion: version },
    pieces: [Buffer.from(headText(head), "latin1")],
    ending: "wait",
    idleMs: IDLE_MS,
    isEnough: (bytes) => readAnswers(bytes, false).answers.length > 0,
  });
  counts.sent++;
  counts.ofKind(kind);
  const example = () =>
    `${kind} over ${version} for ${target}: ${leaf.toString("base64")} behind which ${chain.length} more`;
  const read = readAnswers(received, isOver);
  counts.answered(read, isOver, example);
  const isAdmitted = read.answers.at(-1)?.status === 101;
  if (isAdmitted && !isIssuedFor(leaf, target, authorities, new Date())) counts.wrongAdmissions.add(example());
  if (isGood && !isAdmitted) counts.refusedGood.add(`${received.toString("latin1").slice(0, 300)} for ${example()}`);
}
