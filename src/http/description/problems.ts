/**
 * What /v1/problems answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

const groups = z.array(
  z.strictObject({
    reason: z.string(),
    stations: z.int(),
    count: z.int().meta({ description: "Refusals of all of them together" }),
    newest: z
      .array(
        z.strictObject({
          stationId: z.string(),
          at: time.meta({ description: "Of the last" }),
          count: z.int().meta({ description: "Since it was connected last, or was seen first" }),
          since: time,
        }),
      )
      .meta({ description: "Ten at most" }),
  }),
);

export const fleetProblemsSchema = z
  .strictObject({
    refusals: groups.meta({ description: "Of registered stations, of the 5,000 that were refused last" }),
    newcomers: groups.meta({ description: "Of identities that nobody registered" }),
    securityEvents: z.array(
      z.strictObject({
        stationId: z.string(),
        at: time,
        kind: z
          .string()
          .meta({ description: "malformed-frame, too-many-frames, certificate-revoked, certificate-expired" }),
        detail: z.record(z.string(), z.string()),
      }),
    ),
  })
  .meta({ id: "FleetProblems" });

export const problemAnswers = {
  listProblems: {
    answers: {
      200: {
        description: "The newest first",
        schema: fleetProblemsSchema,
        example: {
          refusals: [
            {
              ...{ reason: "password-wrong", stations: 1, count: 14 },
              newest: [{ stationId: "CS001", at: NOW, count: 14, since: NOW }],
            },
          ],
          newcomers: [],
          securityEvents: [{ stationId: "CS002", at: NOW, kind: "malformed-frame", detail: { reason: "not JSON" } }],
        },
      },
    },
    problems: ["invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
