/**
 * What /v1/webhooks answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { EVENT_TYPES } from "../../delivery/event.ts";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

export const webhookSchema = z
  .strictObject({ name: z.string(), url: z.string(), types: z.array(z.enum(EVENT_TYPES)) })
  .meta({ id: "Webhook" });

export const replaySchema = z
  .strictObject({
    webhook: z.string(),
    replay: z
      .strictObject({
        startedAt: time,
        finishedAt: time.nullable().meta({ description: "null: it is under way" }),
        since: time.nullable().meta({ description: "null: what was not delivered" }),
        stations: z
          .strictObject({ asked: z.int(), toAsk: z.int() })
          .meta({ description: "Asked to send, and in all, as it looked when it began" }),
      })
      .nullable()
      .meta({ description: "null: it was never replayed" }),
  })
  .meta({ id: "Replay" });

export const deliveriesSchema = z
  .strictObject({
    webhook: z.string(),
    outcomes: z.record(z.string(), z.int()).meta({ description: "delivered, failed, refused" }),
    withinSeconds: z
      .record(z.string(), z.int())
      .meta({ description: "Deliveries that took at most so many seconds, each with those before it; +Inf: all" }),
    totalSeconds: z.number(),
  })
  .meta({ id: "Deliveries" });

const unanswered = "null: the station's object gave no answer";
export const stuckPageSchema = z
  .strictObject({
    stations: z.array(
      z.strictObject({
        stationId: z.string(),
        events: z
          .int()
          .nullable()
          .meta({ description: `That wait for this webhook; ${unanswered}` }),
        oldest: time.nullable(),
        failures: z
          .int()
          .nullable()
          .meta({ description: `Attempts that failed in a row; ${unanswered}` }),
        failure: z.string().nullable().meta({ description: "Why the last of them did, where that is known" }),
        retryAt: time.nullable(),
        deadLetters: z.int().nullable(),
      }),
    ),
    cursor: z.string().nullable(),
  })
  .meta({ id: "StuckPage" });

const WEBHOOK = { name: "backend", url: "https://backend.example.com/events", types: [] };

export const webhookAnswers = {
  putWebhook: {
    answers: {
      200: { description: "It was there, and is changed", schema: webhookSchema, example: WEBHOOK },
      201: { description: "Events are delivered there from now on", schema: webhookSchema, example: WEBHOOK },
    },
    problems: ["malformedJson", "tooManyWebhooks", "bodyTooLarge", "unsupportedEncoding", "invalid"],
    example: { url: WEBHOOK.url, secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" },
  },
  listWebhooks: {
    answers: {
      200: {
        description: "All of them, without their secrets",
        schema: z.strictObject({ webhooks: z.array(webhookSchema) }),
        example: { webhooks: [WEBHOOK] },
      },
    },
    problems: [],
  },
  getWebhook: {
    answers: { 200: { description: "Without its secret", schema: webhookSchema, example: WEBHOOK } },
    problems: ["webhookNotFound", "invalid"],
  },
  deleteWebhook: {
    answers: { 204: { description: "Nothing is delivered there any more" } },
    problems: ["webhookNotFound", "invalid"],
  },
  replayWebhook: {
    answers: {
      202: {
        description:
          "The stations are asked to send again, 100 a second; with since also what came before the webhook was made",
      },
    },
    problems: ["webhookNotFound", "invalid"],
  },
  getReplay: {
    answers: {
      200: {
        description: "Its last replay; what a station sends after it was asked is not in it",
        schema: replaySchema,
        example: {
          webhook: "backend",
          replay: { startedAt: NOW, finishedAt: null, since: null, stations: { asked: 300, toAsk: 812 } },
        },
      },
    },
    problems: ["webhookNotFound", "invalid"],
  },
  getDeliveries: {
    answers: {
      200: {
        description: "Since they were counted first; as stations hand them over",
        schema: deliveriesSchema,
        example: {
          webhook: "backend",
          outcomes: { delivered: 812, failed: 3 },
          withinSeconds: { 0.05: 700, 0.1: 800, "+Inf": 815 },
          totalSeconds: 51.5,
        },
      },
    },
    problems: ["webhookNotFound", "invalid"],
  },
  listStuck: {
    answers: {
      200: {
        description: "A page of the stations in trouble, in the order of their ids; it may be short",
        schema: stuckPageSchema,
        example: {
          stations: [
            {
              stationId: "CS001",
              ...{ events: 12, oldest: NOW, failures: 4, failure: "status 503", retryAt: NOW, deadLetters: 0 },
            },
          ],
          cursor: null,
        },
      },
    },
    problems: ["webhookNotFound", "invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
