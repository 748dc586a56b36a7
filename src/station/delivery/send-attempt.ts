/**
 * One attempt to deliver what waits for one webhook: how much of it goes, and what the receiver made of it. Must not know
 * when attempts are due or where a webhook stands after one.
 */
import type { Attempt, AttemptOutcome } from "../../delivery/attempt-outcome.ts";
import { type CloudEvent, eventId, type StationEvent, toCloudEvent } from "../../delivery/event.ts";
import { causeOf } from "../../delivery/failure-cause.ts";
import { BATCH_MAX_EVENTS, type Cursor, GIVE_UP_AFTER_MS, type Webhook } from "../../delivery/outbox.ts";
import { retryAfterMs } from "../../delivery/retry-after.ts";
import { signedHeaders } from "../../delivery/signature.ts";
import { log as writeLog, messageOf } from "../../log.ts";
import { isTransactional } from "../../ocpp/actions.ts";
import { inTime } from "../../time-limit.ts";
import type { StationContext } from "../object/context.ts";
import type { EventLog } from "../storage/event-log.ts";
import { fetchText, StatusError } from "./fetch-text.ts";
import { sendToQueue } from "./queue-sink.ts";
import { QUEUE } from "./sinks.ts";

/** ms a receiver has to acknowledge a batch. */
const DELIVERY_TIMEOUT_MS = 15_000;
/** Bytes of rows that are looked at for one delivery, whether or not the webhook asked for them. */
const LOOKED_AT_MAX_BYTES = 4_000_000;
/** Characters of why an attempt failed, as it is kept beside where the webhook stands. */
const FAILURE_MAX_LENGTH = 120;
const encoder = new TextEncoder();

interface Batch extends Attempt {
  events: readonly CloudEvent[];
  /** Each event's JSON, in an array. */
  body: string;
}

export interface Attempted {
  attempt: Attempt;
  outcome: AttemptOutcome;
  /** The receiver itself said what came of it. */
  isAnswered: boolean;
  /** ms that it took; `null`: there was nothing to send. */
  tookMs: number | null;
  /** Why it was not delivered, in words; absent where it was. */
  failure?: string;
}

export async function attempt(
  context: StationContext,
  log: EventLog,
  webhook: Webhook,
  cursor: Cursor,
  signal: AbortSignal,
): Promise<Attempted> {
  const batch = read(context, log, webhook, cursor);
  if (batch.events.length === 0)
    return { attempt: batch, outcome: { kind: "delivered" }, isAnswered: true, tookMs: null };
  const begun = context.now();
  const tookMs = () => context.now() - begun;
  try {
    await send(context, log.incarnation, webhook, batch, signal);
    return { attempt: batch, outcome: { kind: "delivered" }, isAnswered: true, tookMs: tookMs() };
  } catch (error) {
    const failure = (webhook.url === "" ? messageOf(error) : causeOf(error, webhook.url)).slice(0, FAILURE_MAX_LENGTH);
    if (!signal.aborted) tell(context, webhook, batch, cursor, failure);
    const isAnswered = error instanceof StatusError;
    return { attempt: batch, outcome: outcomeOf(error, context.now()), isAnswered, tookMs: tookMs(), failure };
  }
}

/** Events until one delivery is full; at least one, however large. */
function read({ id, config, now }: StationContext, log: EventLog, webhook: Webhook, cursor: Cursor): Batch {
  const events: CloudEvent[] = [];
  const texts: string[] = [];
  const sent: number[] = [];
  const transactions: number[] = [];
  const reached: { sequence: number; bytes: number }[] = [];
  const expired: number[] = [];
  const expiredAt = now() - GIVE_UP_AFTER_MS;
  const eventsMax = Math.min(cursor.batchMax ?? BATCH_MAX_EVENTS, BATCH_MAX_EVENTS);
  let bytes = 1;
  let lookedAt = 0;
  let upTo = cursor.acknowledged;
  const isAll = log.read(cursor, (event, rowBytes) => {
    if (reached.length === BATCH_MAX_EVENTS || lookedAt > LOOKED_AT_MAX_BYTES) return false;
    lookedAt += rowBytes;
    if (webhook.types.length === 0 || webhook.types.includes(event.type)) {
      const cloudEvent = toCloudEvent(id, log.incarnation, event);
      const text = JSON.stringify(cloudEvent);
      const size = encoder.encode(text).length + 1;
      const isFull = events.length === eventsMax || bytes + size > config.WEBHOOK_BATCH_MAX_BYTES;
      if (events.length > 0 && isFull) return false;
      bytes += size;
      events.push(cloudEvent);
      texts.push(text);
      sent.push(event.sequence);
      if (event.at <= expiredAt) expired.push(event.sequence);
    }
    if (cursor.proof !== undefined) return true;
    if (isOfTransaction(event)) transactions.push(event.sequence);
    upTo = event.sequence;
    reached.push({ sequence: event.sequence, bytes: rowBytes });
    return true;
  });
  return {
    events,
    body: `[${texts.join()}]`,
    upTo: isAll && cursor.proof === undefined ? log.head : upTo,
    sent,
    transactions,
    reached,
    expired,
  };
}

const isOfTransaction = ({ type, data }: StationEvent): boolean =>
  type === "ocpp.call" && isTransactional((data as { action: string }).action);

async function send(
  { id, env, now }: StationContext,
  incarnation: string,
  webhook: Webhook,
  { events, body, sent }: Batch,
  signal: AbortSignal,
): Promise<void> {
  if (webhook.name === QUEUE.name) {
    // Or a queue that never answers would keep its place for ever.
    await inTime(sendToQueue(env.EVENTS, [...events], id), DELIVERY_TIMEOUT_MS, "the queue");
    return;
  }
  const [first, last] = [sent[0] ?? 0, sent.at(-1) ?? 0];
  const headers = await signedHeaders(webhook.secret, `${eventId(incarnation, first)}-${last}`, body, new Date(now()));
  const contentType = "application/cloudevents-batch+json; charset=utf-8";
  const request = { method: "POST", body, headers: { ...headers, "content-type": contentType }, signal };
  await fetchText(undefined, webhook.url, request, DELIVERY_TIMEOUT_MS, 0);
}

function outcomeOf(error: unknown, now: number): AttemptOutcome {
  if (!(error instanceof StatusError)) return { kind: "failed", retryAfterMs: null };
  const { status, retryAfter } = error;
  if (status === 413) return { kind: "refused", reason: "too-large" };
  if (status === 400 || status === 422) return { kind: "refused", reason: "content" };
  return { kind: "failed", retryAfterMs: status === 429 || status === 503 ? retryAfterMs(retryAfter, now) : null };
}

function tell({ id }: StationContext, { name, url }: Webhook, { sent }: Batch, cursor: Cursor, reason: string): void {
  writeLog("warn", "a delivery failed", {
    stationId: id,
    webhook: name,
    // Not the whole address: it may hold a token.
    ...(url !== "" && { host: new URL(url).host }),
    from: sent[0],
    to: sent.at(-1),
    attempt: cursor.failures + 1,
    reason,
  });
}
