/**
 * /v1/stations/{id}/commands: what a backend asks of a station. Must not know how a command travels.
 */
import * as z from "zod/mini";
import { pageLimit } from "./query-values.ts";
import type { Routes } from "./route.ts";

/** Characters: almost twice those of OCPP's longest action. */
const ACTION_MAX_LENGTH = 64;
/** [interface.md §2] What a backend may wait for a station's answer. */
const TIMEOUT_MAX_SECONDS = 120;
/** What it waits if it does not say. [2.x P4 §4.1.2] */
const TIMEOUT_SECONDS = 30;
/** [interface.md §2] A week: what a command may wait for a station. */
const EXPIRES_MAX_SECONDS = 604_800;
/** Commands of one page; their payloads have a bound of their own. */
const PAGE_MAX_COMMANDS = 500;
/** Those of a page where none are asked for. */
const PAGE_COMMANDS = 100;
/** A cursor is the id of a command, as a page has it; it need not be kept any more. */
const CURSOR = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

const submission = z.strictObject({
  action: z.string().check(z.minLength(1), z.maxLength(ACTION_MAX_LENGTH)),
  payload: z.record(z.string(), z.unknown()),
  timeoutSeconds: z._default(z.number().check(z.minimum(1), z.maximum(TIMEOUT_MAX_SECONDS)), TIMEOUT_SECONDS),
  expiresInSeconds: z._default(z.number().check(z.minimum(0), z.maximum(EXPIRES_MAX_SECONDS)), 0),
  retry: z._default(z.enum(["never", "if-unsent", "always"]), "never"),
});
const listQuery = z.strictObject({
  limit: pageLimit(PAGE_MAX_COMMANDS, PAGE_COMMANDS),
  cursor: z.optional(z.string().check(z.regex(CURSOR, "the cursor of the page before"))),
});

export const commandRoutes = {
  sendCommand: {
    method: "POST",
    path: "/v1/stations/{id}/commands",
    scope: "commands:write",
    part: "station",
    summary: "Ask something of a Charging Station",
    body: submission,
  },
  listCommands: {
    method: "GET",
    path: "/v1/stations/{id}/commands",
    scope: "commands:write",
    part: "station",
    summary: "What was asked of a Charging Station, newest first",
    query: listQuery,
  },
  getCommand: {
    method: "GET",
    path: "/v1/stations/{id}/commands/{commandId}",
    scope: "commands:write",
    part: "station",
    summary: "A command, and what became of it",
  },
  cancelCommand: {
    method: "DELETE",
    path: "/v1/stations/{id}/commands/{commandId}",
    scope: "commands:write",
    part: "station",
    summary: "Cancel a command that is still queued",
  },
} as const satisfies Routes;
