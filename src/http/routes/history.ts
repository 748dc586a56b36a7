/**
 * What a station has said and was asked: its history, its connections. Must not know how a station's object keeps them.
 */
import * as z from "zod/mini";
import { EVENT_TYPES } from "../../delivery/event.ts";
import { LIVE_CURSOR, LIVE_PROTOCOL } from "../../ocpp/live-protocol.ts";
import type { Routes } from "./route.ts";

/** Messages of one page: as many as a log keeps that waits for nobody. Their bytes have a bound of their own. */
const PAGE_MAX_MESSAGES = 200;
/** Those of a page where none are asked for. */
const PAGE_MESSAGES = 50;
/** Characters: almost twice those of OCPP's longest action. */
const ACTION_MAX_LENGTH = 64;

const wholeNumber = z.pipe(z.string().check(z.regex(/^\d{1,15}$/, "a whole number")), z.transform(Number));

const messagesQuery = z.strictObject({
  before: z.exactOptional(wholeNumber),
  after: z.exactOptional(wholeNumber),
  limit: z._default(z.pipe(wholeNumber, z.number().check(z.minimum(1), z.maximum(PAGE_MAX_MESSAGES))), PAGE_MESSAGES),
  action: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(ACTION_MAX_LENGTH))),
  type: z.exactOptional(z.enum(EVENT_TYPES)),
});

const liveQuery = z.strictObject({
  after: z.exactOptional(z.string().check(z.regex(LIVE_CURSOR, "a cursor of the same socket, or a sequence"))),
});

export const historyRoutes = {
  listMessages: {
    method: "GET",
    path: "/v1/stations/{id}/messages",
    scope: "messages:read",
    part: "station",
    summary: "What a Charging Station said and was asked, both sides of each CALL",
    query: messagesQuery,
  },
  listConnections: {
    method: "GET",
    path: "/v1/stations/{id}/connections",
    scope: "messages:read",
    part: "station",
    summary: "A Charging Station's last 20 connections, newest first",
  },
  watchStation: {
    method: "GET",
    path: "/v1/stations/{id}/live",
    scope: "messages:read",
    part: "station",
    summary: "Each frame of a Charging Station as it comes, and those that an observer missed",
    query: liveQuery,
    upgrade: LIVE_PROTOCOL,
  },
} as const satisfies Routes;
