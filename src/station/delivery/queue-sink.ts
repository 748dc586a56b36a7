/**
 * Events to the Cloudflare Queue `EVENTS`, within its limits. Must not know cursors or retries.
 */
import type { CloudEvent } from "../../delivery/event.ts";
import { log } from "../../log.ts";

/** Queues take 128 KB a message, 256 KB and 100 messages a batch; three bytes a character are the most JSON text needs. */
const MESSAGE_MAX_BYTES = 120_000;
const BATCH_MAX_BYTES = 240_000;

/** Sends all in order, in as few batches as fit. @throws where the queue refuses; what was sent then comes again */
export async function sendToQueue(queue: Queue | undefined, events: CloudEvent[], stationId: string): Promise<void> {
  let batch: { body: CloudEvent }[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = bytesOf(event);
    // Refused on every retry, it would hold back all that comes after it; the webhooks carry it whole.
    const body = size <= MESSAGE_MAX_BYTES ? event : { ...event, data: { tooLargeForQueue: true, bytes: size } };
    if (body !== event) log("error", "an event is too large for the queue", { stationId, id: event.id, bytes: size });
    if (bytes + bytesOf(body) > BATCH_MAX_BYTES) {
      await queue?.sendBatch(batch);
      batch = [];
      bytes = 0;
    }
    batch.push({ body });
    bytes += bytesOf(body);
  }
  if (batch.length > 0) await queue?.sendBatch(batch);
}

const bytesOf = (event: CloudEvent): number => new TextEncoder().encode(JSON.stringify(event)).length;
