/**
 * When each fault comes: moments from the seed, one stream for each fault, so that leaving one out moves no other.
 * Must not know how any fault is done.
 */
import type { Random } from "./random.ts";

/** `count` moments within the time, each somewhere in a part of its own. ms, rising. */
export function spread(count: number, withinMs: number, random: Random): number[] {
  const part = withinMs / count;
  return Array.from({ length: count }, (_, index) => (index + random.next()) * part);
}

/** As crashes come: many close to each other, then a long quiet time in which the fleet gets to work. ms, rising. */
export function bursts(count: number, withinMs: number, random: Random): number[] {
  const gaps = Array.from({ length: count + 1 }, () =>
    random.chance(0.25) ? random.between(7, 13) : random.between(0.1, 1.5),
  );
  const scale = withinMs / gaps.reduce((sum, gap) => sum + gap);
  let at = 0;
  return gaps.slice(0, count).map((gap) => {
    at += gap * scale;
    return at;
  });
}

/** Waits for each moment in turn and does `work`, which may take longer than to the next; resolves once all is done. */
export async function atEach(
  moments: readonly number[],
  signal: AbortSignal,
  work: (index: number) => Promise<void> | void,
): Promise<void> {
  const from = Date.now();
  const open: (Promise<void> | void)[] = [];
  for (const [index, moment] of moments.entries()) {
    await wait(from + moment - Date.now(), signal);
    if (signal.aborted) break;
    open.push(work(index));
  }
  await Promise.all(open);
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
