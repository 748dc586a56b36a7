/**
 * What one attacking connection does, from a seeded random source: its bytes, in what pieces, and how it ends. Must not know
 * sockets, nor what is answered.
 */
import { pick, type Rng } from "../support/ocpp-samples.ts";
import type { Transport } from "../support/transports.ts";
import { below, chance, inPieces, mutateBytes, randomBytes } from "./bytes.ts";
import { foreignUpgrade, goodUpgrade, type Head, headText, mutatedHead, OWN_OVER, plainRequest } from "./heads.ts";

/** What a TLS client shows on the port that asks for certificates. */
export type Certificate = "none" | "own" | "expired" | "revoked" | "other-ca" | "self-signed";

export interface FrontCase {
  kind: "good" | "head" | "bytes" | "pipelined" | "half" | "hello";
  transport: Transport;
  /** Below TLS: the bytes go to the port as they are. */
  isRaw: boolean;
  certificate: Certificate;
  pieces: Buffer[];
  ending: "wait" | "half-close" | "reset";
}

const TRANSPORTS: readonly Transport[] = ["http", "http", "tls", "mtls"];
const CERTIFICATES: readonly Certificate[] = [
  "none",
  "own",
  "own",
  "own",
  "expired",
  "revoked",
  "other-ca",
  "self-signed",
];
const TELL = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from("[2,1]")]);

export function frontCase(rng: Rng): FrontCase {
  const transport = pick(rng, TRANSPORTS);
  const shared = {
    transport,
    isRaw: false,
    certificate: transport === "mtls" ? pick(rng, CERTIFICATES) : ("none" as const),
  };
  const roll = rng();
  if (roll < 0.03) {
    const bytes = Buffer.from(headText(goodUpgrade(pick(rng, OWN_OVER[transport]))), "latin1");
    const certificate = transport === "mtls" ? "own" : "none";
    return { ...shared, certificate, kind: "good", pieces: inPieces(bytes, rng), ending: "wait" };
  }
  const ending = chance(rng, 0.85) ? "wait" : pick(rng, ["half-close", "reset"] as const);
  if (roll < 0.1 && transport !== "http") {
    return { ...shared, kind: "hello", isRaw: true, pieces: inPieces(oddHello(rng), rng), ending };
  }
  if (roll < 0.6)
    return { ...shared, kind: "head", pieces: inPieces(bytesOf(mutatedHead(some(rng, transport), rng)), rng), ending };
  if (roll < 0.75) {
    return { ...shared, kind: "bytes", pieces: inPieces(mutateBytes(bytesOf(some(rng, transport)), rng), rng), ending };
  }
  if (roll < 0.95) return { ...shared, kind: "pipelined", pieces: inPieces(pipelined(rng, transport), rng), ending };
  const whole = bytesOf(some(rng, transport));
  return { ...shared, kind: "half", pieces: inPieces(whole.subarray(0, 1 + below(rng, whole.length)), rng), ending };
}

const bytesOf = (head: Head): Buffer => Buffer.from(headText(head), "latin1");

function some(rng: Rng, transport: Transport): Head {
  const roll = rng();
  if (roll < 0.45) return goodUpgrade(pick(rng, OWN_OVER[transport]));
  return roll < 0.75 ? foreignUpgrade(rng) : plainRequest(rng);
}

/** Two to four requests at once; most of them whole, so that what comes behind an odd one is not. */
function pipelined(rng: Rng, transport: Transport): Buffer {
  const parts = Array.from({ length: 2 + below(rng, 3) }, () => {
    const head = chance(rng, 0.5) ? plainRequest(rng) : some(rng, transport);
    return bytesOf(chance(rng, 0.4) ? mutatedHead(head, rng) : head);
  });
  return Buffer.concat([...parts, ...(chance(rng, 0.3) ? [TELL] : [])]);
}

/** The head of a TLS 1.2 record and of a ClientHello in it, which promise more or less than comes. */
function oddHello(rng: Rng): Buffer {
  const hello = Buffer.concat([
    Buffer.from([0x01, 0x00, 0x00, below(rng, 256), 0x03, 0x03]),
    randomBytes(rng, 32),
    Buffer.from([0x00, 0x00, 0x04, 0x13, 0x01, 0xc0, 0x2b, 0x01, 0x00, 0x00, below(rng, 256)]),
    randomBytes(rng, below(rng, 200)),
  ]);
  const record = Buffer.concat([Buffer.from([0x16, 0x03, 0x01, hello.length >> 8, hello.length & 0xff]), hello]);
  const variants = [
    () => record,
    () => mutateBytes(record, rng),
    () => record.subarray(0, 1 + below(rng, record.length)),
    () => randomBytes(rng, 1 + below(rng, 300)),
    () => Buffer.from([pick(rng, [0x14, 0x15, 0x17, 0x18, 0x80]), 3, 3, 0, 2, 2, below(rng, 256)]),
    () => bytesOf(some(rng, "http")),
  ];
  return pick(rng, variants)();
}
