/**
 * What /v1/webhooks answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { EVENT_TYPES } from "../../delivery/event.ts";
import type { Answers } from "./answer.ts";

export const webhookSchema = z
  .strictObject({ name: z.string(), url: z.string(), types: z.array(z.enum(EVENT_TYPES)) })
  .meta({ id: "Webhook" });

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
    answers: { 202: { description: "The stations are asked to send again, 100 a second" } },
    problems: ["webhookNotFound", "invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
