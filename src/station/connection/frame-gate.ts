/**
 * How much of what one socket brings is taken, and what is said to a station that brings more. Must not know what is done with
 * it.
 */
import { callIdOf } from "../../ocpp/decode.ts";
import {
  CHARACTERS_PER_SECOND,
  type FrameRate,
  FRAMES_PER_SECOND,
  fullRate,
  isWorthKeeping,
  type RateVerdict,
  takeFrame,
} from "../../ocpp/frame-rate.ts";
import { encodeFault } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";

/** What is told of it to who looks after the station. */
export const BOUNDS = { bound: FRAMES_PER_SECOND, charactersBound: CHARACTERS_PER_SECOND };

export const lengthOf = (frame: string | ArrayBuffer): number =>
  typeof frame === "string" ? frame.length : frame.byteLength;

export class FrameGate {
  #rate: FrameRate;

  /** @param rate `undefined`: it is full */
  constructor(rate: FrameRate | undefined, now: number) {
    this.#rate = rate ?? fullRate(now);
  }

  take(frame: string | ArrayBuffer, now: number): RateVerdict {
    const { rate, verdict } = takeFrame(this.#rate, lengthOf(frame), now);
    this.#rate = rate;
    return verdict;
  }

  /** What the next connection, or this one after a sleep, is to go on from; `undefined`: from full. */
  get kept(): FrameRate | undefined {
    return isWorthKeeping(this.#rate) ? this.#rate : undefined;
  }
}

/** `null`: it is no CALL, which alone is answered. */
export function warningOf(frame: string | ArrayBuffer, protocol: Protocol): string | null {
  const messageId = typeof frame === "string" ? callIdOf(frame) : null;
  if (messageId === null) return null;
  const bounds = `${FRAMES_PER_SECOND} messages or ${CHARACTERS_PER_SECOND} characters a second`;
  return encodeFault(protocol, messageId, "internal", `more than ${bounds}; slow down or the connection is closed`);
}
