/**
 * CALLs that a CSMS was told on this link and has not answered, and that are waited for no more: under the id of one of them no other
 * may be told, or its answer would be taken for the other's. Must not know sockets.
 */
import { type CallIdentity, contentOf, digest } from "../../ocpp/repetition.ts";

export interface AbandonedCall {
  messageId: string;
  /** What tells it from another under its id. */
  what: string;
}

/** CALLs; the oldest go: whoever leaves more unanswered answers none of them any more. */
const KEPT_MAX = 16;

export const identityOf = (call: CallIdentity): AbandonedCall => ({
  messageId: call.messageId,
  what: String(digest(`${call.action} ${contentOf(call)}`)),
});

export const withAbandoned = (all: readonly AbandonedCall[] = [], one: AbandonedCall): AbandonedCall[] =>
  [...all.filter(({ messageId, what }) => messageId !== one.messageId || what !== one.what), one].slice(-KEPT_MAX);

/** Without those that are answered by an answer under that id. */
export const withoutId = (all: readonly AbandonedCall[], id: string): AbandonedCall[] =>
  all.filter(({ messageId }) => messageId !== id);

/** Whether an answer under its id may be one to another CALL. @param sequence of an event that is told again */
export function isTaken(
  all: readonly AbandonedCall[] | undefined,
  call: CallIdentity,
  sequence: number | null,
): boolean {
  const same = [`#${sequence}`, identityOf(call).what];
  return all?.some(({ messageId, what }) => messageId === call.messageId && !same.includes(what)) ?? false;
}
