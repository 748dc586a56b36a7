/**
 * What becomes of a campaign's stations when it is cancelled, in words. Must not know who asks.
 */
import type { Campaign } from "../../../client/kerbside.ts";
import { stationCount } from "../../parts/station-count.ts";

export function cancelWords({ pending, queued }: Pick<Campaign["progress"], "pending" | "queued">): string {
  const stop = pending === 0 ? "" : `It is not sent to the ${stationCount(pending)} to come. `;
  const back = queued === 0 ? "" : `What waits at ${stationCount(queued)} is taken back. `;
  return `${stop}${back}What was sent stays sent. A cancelled campaign cannot be resumed.`;
}
