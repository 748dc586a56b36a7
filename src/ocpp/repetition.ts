/**
 * Is this CALL one that was acknowledged before? A station that got no answer asks again, after a reconnect under the
 * same messageId or a new one. Must not know where acknowledged calls are kept.
 */
import { isTransactional } from "./actions.ts";
import type { Payload } from "./message.ts";

export interface CallIdentity {
  messageId: string;
  action: string;
  payload: Payload;
}

/** Can it be recognised at all? Other calls report a state: said twice, it is still so. */
export const isRecognisable = ({ action }: CallIdentity): boolean => isTransactional(action);

/**
 * [2.x E04] A TransactionEvent is told by its transaction and seqNo; [1.6 §3.7] Start- and StopTransaction by their
 * whole content, which holds the meter's value and the time.
 */
export function isRepetition(call: CallIdentity, earlier: CallIdentity): boolean {
  if (call.action !== earlier.action) return false;
  if (call.action !== "TransactionEvent") return JSON.stringify(call.payload) === JSON.stringify(earlier.payload);
  const [one, other] = [transactionEvent(call.payload), transactionEvent(earlier.payload)];
  return one.id !== undefined && one.id === other.id && one.seqNo === other.seqNo && one.type === other.type;
}

/** Text that a kept CALL must hold to be worth a comparison. */
export function searchText({ action, payload }: CallIdentity): string {
  if (action !== "TransactionEvent") return JSON.stringify(payload);
  return JSON.stringify(transactionEvent(payload).id ?? "");
}

function transactionEvent(payload: Payload): { id: unknown; seqNo: unknown; type: unknown } {
  const info = payload.transactionInfo as Payload | undefined;
  return { id: info?.transactionId, seqNo: payload.seqNo, type: payload.eventType };
}
