/**
 * What /v1/key answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { SCOPES } from "../../security/api-key.ts";
import { fleetPartSchema } from "../../security/fleet-part.ts";
import type { Answers } from "./answer.ts";

export const keySchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["key", "access"]).meta({ description: "access: by Cloudflare Access, and `name` is who it let in" }),
    scopes: z.array(z.enum(SCOPES)),
    stations: z
      .nullable(fleetPartSchema)
      .meta({ description: "The part of the fleet that it is for; null: all of it" }),
  })
  .meta({ id: "Key" });

export const keyAnswers = {
  getKey: {
    answers: {
      200: {
        description: "Who asks, and what it may do",
        schema: keySchema,
        example: {
          name: "north-team",
          kind: "key",
          scopes: ["stations:read", "messages:read"],
          stations: { prefix: "NORTH-" },
        },
      },
    },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Answers>>;
