/**
 * Frames of every brokenness from a seeded random source: from valid ones to bytes. Must not know who gets them.
 */
import { type Protocol, PROTOCOLS } from "../../src/ocpp/protocol.ts";
import { mutate } from "../support/ocpp-mutations.ts";
import { everyMessage, pick, type Rng, validPayload } from "../support/ocpp-samples.ts";

const requests = Object.fromEntries(
  PROTOCOLS.map((protocol) => [
    protocol,
    everyMessage.filter((message) => message.protocol === protocol && message.direction === "request"),
  ]),
) as unknown as Record<Protocol, typeof everyMessage>;

const ODD_IDS = ["", "-1", "x".repeat(36), "x".repeat(37), "ü🔌", 0, 7, null, {}, [], true];
const ODD_TYPES = [0, 1, 2, 3, 4, 5, 6, 7, -1, 2.5, "2", null, [], {}];
const ODD_FRAMES = [
  "",
  " ",
  "null",
  "[]",
  "{}",
  "[[]]",
  "2",
  '"x"',
  "[2",
  "[2,",
  "\u0000",
  "\ufeff[2]",
  "[".repeat(5_000),
];

/** One frame. `messageId` is what it says, where it says one that can be read. */
export function oddFrame(protocol: Protocol, rng: Rng, messageId: string): string | Buffer {
  const { action } = pick(rng, requests[protocol]);
  const payload = validPayload(protocol, action, "request", rng);
  const roll = rng();
  if (roll < 0.1) return JSON.stringify([2, messageId, action, payload]);
  if (roll < 0.45) return JSON.stringify([2, messageId, action, mutate(payload, rng)]);
  if (roll < 0.6) return JSON.stringify(mutate([2, messageId, action, payload], rng) ?? null);
  if (roll < 0.7) return JSON.stringify([pick(rng, ODD_TYPES), messageId, action, payload]);
  if (roll < 0.8) return JSON.stringify([2, pick(rng, ODD_IDS), action, payload]);
  if (roll < 0.85) return pick(rng, ODD_FRAMES);
  const text = JSON.stringify([2, messageId, action, payload]);
  if (roll < 0.9) return text.slice(0, Math.floor(rng() * text.length));
  if (roll < 0.97) return flipped(text, rng);
  return Buffer.from(text.slice(0, 200));
}

function flipped(text: string, rng: Rng): string {
  const characters = [...text];
  for (let left = 1 + Math.floor(rng() * 5); left > 0; left--) {
    const at = Math.floor(rng() * characters.length);
    characters[at] = String.fromCharCode(Math.floor(rng() * 0x250));
  }
  return characters.join("");
}
