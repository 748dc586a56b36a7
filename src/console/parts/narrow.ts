/**
 * How wide the window is, and whether that is as narrow as a phone. Must not know what that changes.
 */
import { computed, signal } from "@preact/signals";

/** px, as the style sheets have it */
const NARROW = 860;
/** px: columns come and go in steps. */
const STEP = 20;

const wide = signal(typeof innerWidth === "undefined" ? 0 : steps());
function steps(): number {
  return Math.floor(innerWidth / STEP) * STEP;
}
if (typeof addEventListener !== "undefined")
  addEventListener("resize", () => {
    wide.value = steps();
  });

const isNarrow = computed(() => wide.value <= NARROW);

export const useIsNarrow = (): boolean => isNarrow.value;
/** px */
export const useWidth = (): number => wide.value;
