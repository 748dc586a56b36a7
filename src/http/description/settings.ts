/**
 * What /v1/settings answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import type { Answers } from "./answer.ts";
import { keySchema } from "./key.ts";

export const settingsSchema = z
  .strictObject({
    version: z.string(),
    settings: z.array(
      z.strictObject({
        name: z.string(),
        value: z
          .union([z.string(), z.number(), z.boolean(), z.array(z.string())])
          .nullable()
          .meta({
            description: "What holds, set or not; null: it is not told, or there is none. Of an address its origin",
          }),
        isSet: z.boolean(),
        isSecret: z.boolean().meta({ description: "No more is told than whether it is set" }),
      }),
    ),
    bindings: z
      .record(z.string(), z.boolean())
      .meta({ description: "Whether CSMS, EVENTS, METRICS and ASSETS are bound" }),
    keys: z.array(keySchema.omit({ kind: true })),
  })
  .meta({ id: "Settings" });

export const settingsAnswers = {
  getSettings: {
    answers: {
      200: {
        description: "Every setting there is, and the keys by name",
        schema: settingsSchema,
        example: {
          version: "0.1.0",
          settings: [
            { name: "VALIDATION", value: "strict", isSet: false, isSecret: false },
            { name: "CSMS_URL", value: "https://csms.example.com", isSet: true, isSecret: false },
            { name: "CSMS_SECRET", value: null, isSet: true, isSecret: true },
          ],
          bindings: { CSMS: false, EVENTS: false, METRICS: true, ASSETS: true },
          keys: [{ name: "north-team", scopes: ["stations:read"], stations: { prefix: "NORTH-" } }],
        },
      },
    },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Answers>>;
