/**
 * What the service says of itself: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import type { Answers } from "./answer.ts";

export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: "/problems/{slug}: what it means and what to do" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).exactOptional(),
  })
  .meta({ id: "Problem", description: "RFC 9457" });

export const problemKindSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    meaning: z.string(),
    remedy: z.string(),
  })
  .meta({ id: "ProblemKind" });

export const operationAnswers = {
  getHealth: {
    answers: {
      200: { description: "It is up", schema: z.strictObject({ status: z.literal("ok") }), example: { status: "ok" } },
    },
    problems: [],
  },
  getMetrics: {
    answers: {
      200: {
        description: "Prometheus text",
        media: "text/plain",
        example: 'kerbside_stations_online{protocol="ocpp1.6",security_profile="3"} 812\n',
      },
    },
    problems: [],
  },
  getDescription: {
    answers: { 200: { description: "This description", schema: z.looseObject({ openapi: z.literal("3.1.1") }) } },
    problems: [],
  },
  getProblem: {
    answers: {
      200: {
        description: "What it means and what to do; a page where HTML is asked for",
        schema: problemKindSchema,
        example: {
          type: "/problems/station-offline",
          title: "Conflict",
          status: 409,
          meaning: "The station is not connected, and the command may not wait for it.",
          remedy: "Ask again with expiresInSeconds.",
        },
      },
    },
    problems: ["notFound"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
