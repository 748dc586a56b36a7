/**
 * How much one station may send: a bucket of frames and one of their characters, which fill with time. Must not know sockets
 * or what a frame says.
 */

export interface FrameRate {
  /** Frames that may come at once now. */
  tokens: number;
  /** Characters that may come at once now, a byte each or more; below 0: the last frame was larger than what was left. */
  characters: number;
  /** ms since the epoch */
  at: number;
  /** Of the warnings there are, those given since the buckets were half full. */
  refused: number;
}

/** Frames at once: the whole backlog that a station brings after an outage, and more. */
export const FRAME_BURST = 3_000;
/** Sustained; a station that waits for each answer stays far below. */
export const FRAMES_PER_SECOND = 100;
/** At once: that backlog, of messages of 2.7 KB each. A day of meter values every minute is 1 MB. */
export const CHARACTER_BURST = 8_000_000;
/** Sustained: two of the largest frames. */
export const CHARACTERS_PER_SECOND = 1_000_000;
/** Refused frames, each with its warning, before the socket is closed. */
export const WARNINGS = 300;
/** Characters of a refused frame that count as one warning: what it cost to receive is not small because it was refused. */
const CHARACTERS_PER_WARNING = 64_000;

export const fullRate = (now: number): FrameRate => ({
  tokens: FRAME_BURST,
  characters: CHARACTER_BURST,
  at: now,
  refused: 0,
});

/** Whether so much is used up that a wake or a reconnect must not forget it. */
export const isWorthKeeping = ({ tokens, characters, refused }: FrameRate): boolean =>
  refused > 0 || isBelowHalf(tokens, characters);

const isBelowHalf = (tokens: number, characters: number): boolean =>
  tokens < FRAME_BURST / 2 || characters < CHARACTER_BURST / 2;

export type RateVerdict = "take" | "warn" | "close";

/** @param length of the frame in characters or bytes; one that is longer than what is left is taken, and owed. */
export function takeFrame(rate: FrameRate, length: number, now: number): { rate: FrameRate; verdict: RateVerdict } {
  const elapsedSeconds = Math.max(now - rate.at, 0) / 1000;
  const tokens = Math.min(FRAME_BURST, rate.tokens + elapsedSeconds * FRAMES_PER_SECOND);
  const characters = Math.min(CHARACTER_BURST, rate.characters + elapsedSeconds * CHARACTERS_PER_SECOND);
  if (tokens >= 1 && characters > 0) {
    // Half a bucket later the station has heeded the warning.
    const refused = isBelowHalf(tokens, characters) ? rate.refused : 0;
    // What is owed is paid in as long as it takes to fill a bucket.
    const left = Math.max(characters - length, -CHARACTER_BURST);
    return { rate: { tokens: tokens - 1, characters: left, at: now, refused }, verdict: "take" };
  }
  const refused = rate.refused + Math.max(1, length / CHARACTERS_PER_WARNING);
  return { rate: { tokens, characters, at: now, refused }, verdict: refused > WARNINGS ? "close" : "warn" };
}
