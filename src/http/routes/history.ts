/**
 * What a station has said and was asked: its history, its connections. Must not know how a station's object keeps them.
 */
import * as z from "zod";
import { EVENT_TYPES } from "../../delivery/event.ts";
import { LIVE_CURSOR, LIVE_PROTOCOL } from "../../ocpp/live-protocol.ts";
import type { Routes } from "./route.ts";

/** Messages of one page: as many as a log keeps that waits for nobody. Their bytes have a bound of their own. */
const PAGE_MAX_MESSAGES = 200;
/** Those of a page where none are asked for. */
const PAGE_MESSAGES = 50;
/** Characters: almost twice those of OCPP's longest action. */
const ACTION_MAX_LENGTH = 64;

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "a whole number")
  .transform(Number);

const messagesQuery = z.strictObject({
  before: wholeNumber.exactOptional(),
  after: wholeNumber.exactOptional(),
  limit: wholeNumber.pipe(z.number().min(1).max(PAGE_MAX_MESSAGES)).default(PAGE_MESSAGES),
  action: z.string().min(1).max(ACTION_MAX_LENGTH).exactOptional(),
  type: z.enum(EVENT_TYPES).exactOptional(),
});

const liveQuery = z.strictObject({
  after: z.string().regex(LIVE_CURSOR, "a cursor of the same socket, or a sequence").exactOptional(),
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
