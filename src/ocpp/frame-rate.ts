/**
 * How many frames one station may send: a bucket that fills with time. Must not know sockets or what a frame says.
 */

export interface FrameRate {
  /** Frames that may come at once now. */
  tokens: number;
  /** ms since the epoch */
  at: number;
  /** Frames refused since the bucket last was full of warnings: the fair warning. */
  refused: number;
}

/** Frames at once: the whole backlog that a station brings after an outage, and more. */
export const FRAME_BURST = 3_000;
/** Sustained; a station that waits for each answer stays far below. */
export const FRAMES_PER_SECOND = 100;
/** Refused frames, each with its warning, before the socket is closed. */
export const WARNINGS = 300;

export const fullRate = (now: number): FrameRate => ({ tokens: FRAME_BURST, at: now, refused: 0 });

export type RateVerdict = "take" | "warn" | "close";

export function takeFrame(rate: FrameRate, now: number): { rate: FrameRate; verdict: RateVerdict } {
  const elapsedSeconds = Math.max(now - rate.at, 0) / 1000;
  const tokens = Math.min(FRAME_BURST, rate.tokens + elapsedSeconds * FRAMES_PER_SECOND);
  if (tokens >= 1) {
    // Half a bucket later the station has heeded the warning.
    const refused = tokens > FRAME_BURST / 2 ? 0 : rate.refused;
    return { rate: { tokens: tokens - 1, at: now, refused }, verdict: "take" };
  }
  const refused = rate.refused + 1;
  return { rate: { tokens, at: now, refused }, verdict: refused > WARNINGS ? "close" : "warn" };
}
