/**
 * Bytes made wrong from a seeded random source: flipped, cut, doubled, put in. Must not know what they mean.
 */
import { pick, type Rng } from "../support/ocpp-samples.ts";

export const below = (rng: Rng, bound: number): number => Math.floor(rng() * bound);
export const chance = (rng: Rng, share: number): boolean => rng() < share;

/** Those that parsers split at, and those just beside what they take. */
const TELLING = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x25, 0x2c, 0x2f, 0x3a, 0x3b, 0x5c, 0x7f, 0x80, 0xff];

export function randomBytes(rng: Rng, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(rng, 256)));
}

export function mutateBytes(bytes: Buffer, rng: Rng): Buffer {
  let mutated = bytes;
  for (let left = 1 + below(rng, 3); left > 0; left--) mutated = mutateOnce(mutated, rng);
  return mutated;
}

function mutateOnce(bytes: Buffer, rng: Rng): Buffer {
  const at = below(rng, bytes.length);
  const end = Math.min(bytes.length, at + 1 + below(rng, 16));
  switch (below(rng, 6)) {
    case 0:
      return spliced(bytes, at, at + 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << below(rng, 8))]));
    case 1:
      return spliced(bytes, at, at + 1, Buffer.from([pick(rng, TELLING)]));
    case 2:
      return spliced(bytes, at, at, Buffer.from([pick(rng, TELLING)]));
    case 3:
      return spliced(bytes, at, end, Buffer.alloc(0));
    case 4:
      return spliced(bytes, at, at, bytes.subarray(at, end));
    default:
      return spliced(bytes, at, end, randomBytes(rng, end - at));
  }
}

function spliced(bytes: Buffer, from: number, to: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(to)]);
}

/** The same bytes in up to four pieces. */
export function inPieces(bytes: Buffer, rng: Rng): Buffer[] {
  const cuts = Array.from({ length: below(rng, 4) }, () => below(rng, bytes.length + 1)).sort((a, b) => a - b);
  const pieces = [...cuts, bytes.length].map((cut, index) => bytes.subarray(cuts[index - 1] ?? 0, cut));
  return pieces.filter(({ length }) => length > 0);
}
