/**
 * Who began: the station, or whoever asks it. Must not know what was said.
 */
import { Icon } from "../parts/icon.tsx";

export const Direction = ({ direction }: { direction: "in" | "out" | null }) => (
  <span class={`direction ${direction ?? "none"}`} title={TITLES[direction ?? "none"]}>
    {direction !== null && <Icon name={direction === "in" ? "up" : "down"} size={13} />}
    <span class="hidden-text">{TITLES[direction ?? "none"]}</span>
  </span>
);

const TITLES = { in: "from the station", out: "to the station", none: "of the connection" } as const;
