/**
 * The webhooks that are there all along, and how the receiver of each fails. Must not know what reaches them.
 */
import type { EventType } from "../../src/client/kerbside.ts";
import { BUSY, DEAD, type Door } from "./backend.ts";
import type { Chosen } from "./faults.ts";

/** Bytes: less than two events of most kinds, more than any. */
const SMALL_BODY_BYTES = 1_500;
/** Events that may wait for one webhook: the flood fills it, a spell of foul weather does not. */
export const BACKLOG_MAX = 2_000;

export interface Webhook {
  types: EventType[];
  isDead?: boolean;
  door: Omit<Door, "name" | "answer">;
}

export function webhooksOf(chosen: Chosen): Record<string, Webhook> {
  const fails = (fair: number, foul: number) => ({
    odds: chosen.has("backends") ? { fair, foul } : { fair: 0, foul: 0 },
  });
  return {
    everything: { types: [], door: fails(0.03, 0.4) },
    calls: { types: ["ocpp.call"], door: fails(0.2, 0.8) },
    ...(chosen.has("sizes") && { small: { types: [], door: { ...fails(0.03, 0.3), bytesMax: SMALL_BODY_BYTES } } }),
    ...(chosen.has("pauses") && {
      busy: { types: ["ocpp.call"], door: { odds: { fair: 0.05, foul: 0.5 }, failures: BUSY } },
    }),
    ...(chosen.has("dead") && {
      dead: { types: [], isDead: true, door: { odds: { fair: 1, foul: 1 }, failures: DEAD, isDead: true } },
    }),
  };
}
