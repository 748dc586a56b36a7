/**
 * All that take a station's events: the webhooks, and beside them the queue and the CSMS's link, each as one more webhook under a
 * name that no subscription can have. Must not know how any of them is given its events.
 */
import { cursorKey, type Subscriptions, type Webhook } from "../../delivery/outbox.ts";
import type { Store } from "../storage/store.ts";

const extra = (name: string, types: Webhook["types"]): Webhook => ({
  ...{ name, types, url: "", secret: "", createdAt: 0, replayAt: 0 },
});
/** The queue binding EVENTS. */
export const QUEUE = extra("queue:EVENTS", []);
/** The CSMS's own socket: it gets the CALLs, one by one. */
export const LINK = extra("link:csms", ["ocpp.call"]);

/** Whether a CSMS has come by its own socket, or is said to: from then on CALLs wait for it. */
export function isLinked({ store }: { store: Pick<Store, "fact"> }): boolean {
  const registration = store.fact("registration");
  if (registration === undefined) return false;
  const { csms } = registration;
  return csms === "link" || (csms === undefined && store.fact("linked") !== undefined);
}

export function sinksOf(
  context: { store: Pick<Store, "fact">; env: { EVENTS?: unknown } },
  { webhooks, revision }: Subscriptions,
): Subscriptions {
  const all = [...webhooks];
  if (context.env.EVENTS !== undefined) all.push(QUEUE);
  if (isLinked(context)) all.push(LINK);
  return { webhooks: all, revision };
}

/** Those that are delivered to; the link takes its events itself. */
export const delivered = (webhooks: readonly Webhook[]): readonly Webhook[] =>
  webhooks.filter((webhook) => cursorKey(webhook) !== cursorKey(LINK));
