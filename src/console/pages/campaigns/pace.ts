/**
 * How fast a campaign is going, by what two looks at it differ in. Must not know how it is shown.
 */
import { useRef } from "preact/hooks";
import type { Campaign } from "../../../client/kerbside.ts";

/** ms between two looks that are compared: less, and one round more or less is all that is seen. */
const OVER_MS = 4_000;

/** Stations a second; `null`: it is not going, or not known yet. */
export function usePace(campaign: Campaign, now: number = performance.now()): number | null {
  const looks = useRef<{ at: number; pending: number }[]>([]);
  const { pending } = campaign.progress;
  const last = looks.current.at(-1);
  if (last === undefined || last.pending !== pending || now - last.at > OVER_MS)
    looks.current.push({ at: now, pending });
  while (looks.current.length > 2 && now - (looks.current[1]?.at ?? now) > OVER_MS) looks.current.shift();
  const [first] = looks.current;
  if (campaign.state !== "running" || pending === 0 || first === undefined || now - first.at < OVER_MS) return null;
  return Math.max(0, ((first.pending - pending) / (now - first.at)) * 1000);
}
