/**
 * What a frame's handling may fail with, kept from the runtime. Must not know what a frame is.
 */
import { log, messageOf } from "../../log.ts";

/** An unexpected failure must not cost the station its socket. */
export async function guardedFrame(stationId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log("error", "a frame could not be handled", { stationId, reason: messageOf(error) });
  }
}
