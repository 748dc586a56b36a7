/**
 * /v1/webhooks: where events go. Must not know how they get there.
 */
import * as z from "zod/mini";
import { EVENT_TYPES } from "../../delivery/event.ts";
import { isSigningSecret, SIGNING_SECRET } from "../../delivery/signature.ts";
import { pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";
import { instant } from "./station-list.ts";

/** Characters: many servers refuse longer ones. */
const URL_MAX_LENGTH = 2_000;
/** Characters: the longest secret, 64 bytes in base64 behind its prefix, has 94. */
const SECRET_MAX_LENGTH = 200;

/** Stations of one page, each of whose objects is asked; and those of a page where none are asked for. */
const PAGE_MAX_STUCK = 100;
const PAGE_STUCK = 20;
/** Characters: a cursor is an identity. */
const CURSOR_MAX_LENGTH = 48;

const subscription = z.strictObject({
  url: z.string().check(z.maxLength(URL_MAX_LENGTH)),
  secret: z.string().check(z.maxLength(SECRET_MAX_LENGTH), z.refine(isSigningSecret, { error: SIGNING_SECRET })),
  types: z._default(z.array(z.enum(EVENT_TYPES)).check(z.maxLength(EVENT_TYPES.length)), []),
});

export const webhookRoutes = {
  putWebhook: {
    method: "PUT",
    path: "/v1/webhooks/{name}",
    scope: "webhooks:write",
    part: "fleet",
    summary: "Subscribe to events, or change a subscription",
    body: subscription,
  },
  listWebhooks: {
    method: "GET",
    path: "/v1/webhooks",
    scope: "webhooks:write",
    part: "fleet",
    summary: "All subscriptions",
  },
  getWebhook: {
    method: "GET",
    path: "/v1/webhooks/{name}",
    scope: "webhooks:write",
    part: "fleet",
    summary: "A subscription, without its secret",
  },
  deleteWebhook: {
    method: "DELETE",
    path: "/v1/webhooks/{name}",
    scope: "webhooks:write",
    part: "fleet",
    summary: "End a subscription",
  },
  replayWebhook: {
    method: "POST",
    path: "/v1/webhooks/{name}/replay",
    scope: "webhooks:write",
    part: "fleet",
    summary: "Send again, at once, what a subscriber did not take, or all that is kept since a time",
    query: z.strictObject({ since: z.optional(instant) }),
  },
  getReplay: {
    method: "GET",
    path: "/v1/webhooks/{name}/replay",
    scope: "webhooks:write",
    part: "fleet",
    summary: "How far its last replay has come",
  },
  getDeliveries: {
    method: "GET",
    path: "/v1/webhooks/{name}/deliveries",
    scope: "webhooks:write",
    part: "fleet",
    summary: "What came of its deliveries, and how long they took",
  },
  listStuck: {
    method: "GET",
    path: "/v1/webhooks/{name}/stuck",
    scope: "webhooks:write",
    part: "fleet",
    summary: "Stations from which it does not take its events, and why",
    query: z.strictObject({
      limit: pageLimit(PAGE_MAX_STUCK, PAGE_STUCK),
      cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(CURSOR_MAX_LENGTH))),
    }),
  },
} as const satisfies Routes;
