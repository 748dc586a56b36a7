/**
 * Whether the page is as narrow as a phone. Must not know what that changes.
 */
import { signal } from "@preact/signals";

/** As the style sheets have it. */
const QUERY = "(max-width: 760px)";

const isNarrow = signal(false);
if (typeof matchMedia !== "undefined") {
  const query = matchMedia(QUERY);
  isNarrow.value = query.matches;
  query.addEventListener("change", ({ matches }) => {
    isNarrow.value = matches;
  });
}

export const useIsNarrow = (): boolean => isNarrow.value;
