/**
 * What /v1/newcomers answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

export const newcomerPageSchema = z
  .strictObject({
    newcomers: z.array(
      z.strictObject({
        stationId: z.string(),
        firstSeen: time,
        lastSeen: time,
        count: z.int(),
        remoteAddress: z.string().nullable(),
        protocols: z.array(z.string()),
        transport: z.string(),
        certificate: z.record(z.string(), z.unknown()).nullable().meta({ description: "As it was shown: no proof" }),
        reason: z.string(),
      }),
    ),
    cursor: z.string().nullable(),
  })
  .meta({ id: "NewcomerPage" });

export const newcomerAnswers = {
  listNewcomers: {
    answers: {
      200: {
        description: "A page, those that knocked last first",
        schema: newcomerPageSchema,
        example: {
          newcomers: [
            {
              stationId: "CS999",
              firstSeen: NOW,
              lastSeen: NOW,
              count: 3,
              remoteAddress: "192.0.2.9",
              protocols: ["ocpp1.6"],
              transport: "wss",
              certificate: null,
              reason: "not-registered",
            },
          ],
          cursor: null,
        },
      },
    },
    problems: ["invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
