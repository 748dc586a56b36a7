/**
 * How far a campaign is, as one bar: what was answered, what failed, what is under way. Must not know which campaign it is.
 */
import type { Campaign } from "../../../client/kerbside.ts";
import { count } from "../../parts/figure.tsx";
import { PARTS, partsOf, settledOf } from "./campaign-states.ts";

/** Of one part that is there, however small. */
const MIN_SHARE = 0.012;

export function ProgressBar({ campaign, isTall = false }: { campaign: Campaign; isTall?: boolean }) {
  const parts = partsOf(campaign.progress);
  const total = Math.max(campaign.stations, 1);
  const words = PARTS.filter((part) => parts[part] > 0).map((part) => `${count(parts[part])} ${part}`);
  return (
    <div
      class={`progress${isTall ? " tall" : ""}`}
      role="img"
      aria-label={words.join(", ") || "no stations"}
      title={words.join("\n")}
    >
      {PARTS.map((part) =>
        parts[part] === 0 ? null : (
          <i
            key={part}
            class={part.replace(" ", "-")}
            style={{ flexGrow: String(Math.max(parts[part] / total, MIN_SHARE)) }}
          />
        ),
      )}
    </div>
  );
}

/** "18 of 24" */
export const Settled = ({ campaign }: { campaign: Campaign }) => (
  <span class="number nowrap">
    {count(settledOf(campaign.progress))} <span class="muted">of {count(campaign.stations)}</span>
  </span>
);
