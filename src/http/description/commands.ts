/**
 * What /v1/stations/{id}/commands answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { type Answers, NOW } from "./answer.ts";
import { callError, deviations, payload, time } from "./shapes.ts";

export const commandSchema = z
  .strictObject({
    commandId: z.string(),
    stationId: z.string(),
    action: z.string(),
    state: z.enum(["queued", "sent", "result", "error", "timeout", "expired", "cancelled"]),
    payload: payload.exactOptional(),
    deviations: deviations.exactOptional(),
    error: callError
      .extend({ origin: z.enum(["station", "edge"]).meta({ description: "Who says so" }) })
      .exactOptional(),
    received: z.unknown().optional().meta({ description: "What the station sent, where the edge cannot use it" }),
    actor: z.string().nullable().exactOptional().meta({ description: "Whose key asked for it" }),
    campaignId: z.string().exactOptional().meta({ description: "The campaign that it is part of" }),
    createdAt: time,
    sentAt: time.exactOptional(),
    completedAt: time.exactOptional(),
  })
  .meta({ id: "Command" });

export const commandPageSchema = z
  .strictObject({ commands: z.array(commandSchema), cursor: z.string().nullable() })
  .meta({ id: "CommandPage" });

const COMMAND = {
  commandId: "019ab0c4-7a10-7000-8000-000000000001",
  stationId: "CS001",
  action: "Reset",
  state: "result",
  payload: { status: "Accepted" },
  actor: "backend",
  createdAt: NOW,
  sentAt: NOW,
  completedAt: NOW,
};
const LOCATION = { Location: "Where the command's state is told" };

export const commandAnswers = {
  sendCommand: {
    answers: {
      200: { description: "The station has answered: state result or error", schema: commandSchema, example: COMMAND },
      202: {
        description: "It is queued, or was sent and is not answered yet",
        schema: commandSchema,
        example: { ...COMMAND, state: "queued", payload: undefined, sentAt: undefined, completedAt: undefined },
        headers: { ...LOCATION, "Preference-Applied": "respond-async, where it was asked for" },
      },
      409: {
        description: "Or a problem: it was cancelled before it could be sent",
        schema: commandSchema,
        example: { ...COMMAND, state: "cancelled", payload: undefined, sentAt: undefined },
      },
      504: {
        description: "It was not answered in time (timeout), or never sent (expired)",
        schema: commandSchema,
        example: { ...COMMAND, state: "timeout", payload: undefined },
      },
    },
    problems: [
      "illegalIdentity",
      "malformedJson",
      "stationNotFound",
      "stationOffline",
      "stationNotAccepted",
      "idempotencyConflict",
      "bodyTooLarge",
      "unsupportedEncoding",
      "invalid",
      "queueFull",
      "unavailable",
    ],
    headers: {
      "Idempotency-Key": "The same key and body give the same command for 24 h",
      Prefer: "respond-async: answered 202 at once",
    },
    example: { action: "Reset", payload: { type: "Soft" }, expiresInSeconds: 3_600 },
  },
  listCommands: {
    answers: {
      200: {
        description: "A page, newest first; it may have fewer than its limit",
        schema: commandPageSchema,
        example: { commands: [COMMAND], cursor: null },
      },
    },
    problems: ["illegalIdentity", "stationNotFound", "invalid", "unavailable"],
  },
  getCommand: {
    answers: { 200: { description: "As it stands now", schema: commandSchema, example: COMMAND } },
    problems: ["illegalIdentity", "stationNotFound", "commandNotFound", "unavailable"],
  },
  cancelCommand: {
    answers: { 204: { description: "It is cancelled" } },
    problems: ["illegalIdentity", "stationNotFound", "commandNotFound", "notQueued", "unavailable"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
