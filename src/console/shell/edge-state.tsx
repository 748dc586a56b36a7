/**
 * Whether what is shown is of now. Must not know what is shown.
 */
import { isVisible } from "../data/clock.ts";
import { lastAnswerAt, unreachableSince } from "../data/edge.ts";
import { Dot } from "../parts/badge.tsx";
import { clockTime, Time } from "../parts/time.tsx";

export function EdgeState() {
  const since = unreachableSince.value;
  if (since !== null)
    return (
      <span class="line small nowrap bad" role="status">
        <Dot tone="bad" label="Unreachable" /> Unreachable since {clockTime(since)}
      </span>
    );
  if (lastAnswerAt.value === null) return null;
  return (
    <span class="line small muted nowrap edge-state">
      <Dot tone={isVisible.value ? "good" : "off"} label="The edge answers" />
      <span class="words">
        Updated <Time at={lastAnswerAt.value} />
      </span>
    </span>
  );
}
