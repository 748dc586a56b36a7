/**
 * What /v1/audit answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

export const auditPageSchema = z
  .strictObject({
    entries: z.array(
      z.strictObject({
        id: z.string(),
        at: time,
        actor: z.string().meta({ description: "The name of an API key, or csms-link" }),
        kind: z.string().meta({ description: "station.changed, command.sent, …" }),
        stationId: z.string().nullable(),
        changed: z.array(z.string()).exactOptional().meta({ description: "The names of what is another than before" }),
        action: z.string().exactOptional(),
        commandId: z.string().exactOptional(),
        webhook: z.string().exactOptional(),
        certificate: z.string().exactOptional(),
        campaignId: z.string().exactOptional(),
        issuer: z.string().exactOptional(),
        operation: z.string().exactOptional().meta({ description: "What a key was refused" }),
        scope: z.string().exactOptional().meta({ description: "That it lacked" }),
        outcome: z.literal("unknown").exactOptional().meta({ description: "It may have been done, or not" }),
      }),
    ),
    cursor: z.string().nullable(),
  })
  .meta({ id: "AuditPage" });

export const auditAnswers = {
  listAudit: {
    answers: {
      200: {
        description: "A page, the newest entry first; it may have fewer than its limit. The next is before its cursor",
        schema: auditPageSchema,
        example: {
          entries: [
            {
              id: "019ab0c4-7a10-7000-8000-000000000001",
              at: NOW,
              actor: "backend",
              kind: "command.sent",
              stationId: "CS001",
              action: "Reset",
              commandId: "019ab0c4-7a10-7000-8000-000000000001",
            },
          ],
          cursor: null,
        },
      },
    },
    problems: ["invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
