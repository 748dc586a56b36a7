/**
 * What a station's history answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { EVENT_TYPES } from "../../delivery/event.ts";
import { type Answers, NOW } from "./answer.ts";
import { certificate, deviations, profile, protocol, time } from "./shapes.ts";

export const messagePageSchema = z
  .strictObject({
    messages: z.array(
      z.strictObject({
        sequence: z.int(),
        at: time,
        type: z.enum(EVENT_TYPES),
        direction: z.enum(["in", "out"]).nullable(),
        protocol: protocol.exactOptional(),
        messageId: z.string().exactOptional(),
        action: z.string().exactOptional(),
        payload: z.unknown().optional(),
        answer: z.unknown().optional().meta({ description: "The CALLRESULT's payload, or { error }" }),
        answeredBy: z.string().nullable().exactOptional(),
        latencyMs: z.number().nullable().exactOptional(),
        deviations: deviations.exactOptional(),
        path: z.string().exactOptional(),
        suppressedBefore: z.int().exactOptional(),
        isCut: z.literal(true).exactOptional(),
        state: z.string().exactOptional(),
        createdAt: time.exactOptional(),
        sentAt: time.exactOptional(),
        completedAt: time.exactOptional(),
        received: z.unknown().optional(),
        actor: z.string().nullable().exactOptional(),
        connection: z.record(z.string(), z.unknown()).exactOptional(),
        security: z.record(z.string(), z.unknown()).exactOptional(),
      }),
    ),
    cursor: z.int().nullable().meta({ description: "Of the next page, as before or after; null: this was the last" }),
  })
  .meta({ id: "MessagePage" });

export const connectionsSchema = z
  .strictObject({
    connections: z.array(
      z.strictObject({
        connectionId: z.string(),
        protocol,
        securityProfile: profile,
        remoteAddress: z.string().nullable(),
        certificate,
        connectedAt: time,
        disconnectedAt: time.nullable(),
        durationSeconds: z.int(),
        code: z.int().nullable(),
        reason: z.string().nullable(),
        heartbeats: z.int().exactOptional().meta({ description: "Of the live one" }),
      }),
    ),
  })
  .meta({ id: "Connections" });

export const historyAnswers = {
  listMessages: {
    answers: {
      200: {
        description:
          "A page, newest first; with `after` alone oldest first. Secrets are masked without messages:unmasked",
        schema: messagePageSchema,
        example: {
          messages: [
            {
              sequence: 7,
              at: NOW,
              type: "ocpp.call",
              direction: "in",
              protocol: "ocpp1.6",
              messageId: "m7",
              action: "StatusNotification",
              payload: { connectorId: 1, errorCode: "NoError", status: "Available" },
              answer: {},
              answeredBy: "edge",
              latencyMs: 0,
            },
          ],
          cursor: null,
        },
      },
    },
    problems: ["illegalIdentity", "stationNotFound", "invalid", "unavailable"],
  },
  listConnections: {
    answers: {
      200: {
        description: "The live one, if there is one, and those before it",
        schema: connectionsSchema,
        example: {
          connections: [
            {
              connectionId: "5a0b8f1e-2a5e-4a63-9d1c-1c2d3e4f5a6b",
              protocol: "ocpp1.6",
              securityProfile: 2,
              remoteAddress: "192.0.2.7",
              certificate: null,
              connectedAt: NOW,
              disconnectedAt: null,
              durationSeconds: 86_400,
              code: null,
              reason: null,
              heartbeats: 288,
            },
          ],
        },
      },
    },
    problems: ["illegalIdentity", "stationNotFound", "unavailable"],
  },
  watchStation: {
    answers: {
      101: { description: "Each frame as it comes, behind what was missed; an array of one or more a message" },
    },
    problems: [
      "illegalIdentity",
      "stationNotFound",
      "upgradeRequired",
      "noSubprotocol",
      "tooManyObservers",
      "invalid",
      "unavailable",
    ],
  },
} as const satisfies Readonly<Record<string, Answers>>;
