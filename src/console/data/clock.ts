/**
 * The time of day as what is drawn sees it: it moves by the second while the page is looked at, and stands still otherwise. Must not
 * know what is drawn.
 */
import { signal } from "@preact/signals";

const TICK_MS = 1_000;

/** ms since the epoch */
export const now = signal(Date.now());
export const isVisible = signal(typeof document === "undefined" || !document.hidden);

/** Called once. */
export function startClock(): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const follow = () => {
    isVisible.value = !document.hidden;
    clearInterval(timer);
    if (document.hidden) return;
    now.value = Date.now();
    timer = setInterval(() => {
      now.value = Date.now();
    }, TICK_MS);
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}
