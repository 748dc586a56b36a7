/**
 * What /v1/series answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { SERIES_NAMES } from "../../fleet/series/series-page.ts";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

export const seriesPageSchema = z
  .strictObject({
    from: time.meta({ description: "Of the first value of each series; the next is stepSeconds later" }),
    to: time.meta({ description: "Of the last" }),
    stepSeconds: z.int().meta({ description: "60 where all of it is of the last day, else 3,600" }),
    series: z.array(
      z.strictObject({
        name: z.enum(SERIES_NAMES),
        labels: z.record(z.string(), z.string()).meta({
          description:
            "online: protocol, securityProfile; connects: securityProfile; disconnects, refusals: reason, securityProfile; commands: state, securityProfile; deliveries: webhook, outcome; deliverySeconds: webhook",
        }),
        values: z.array(z.number().nullable()).meta({ description: "null: no sample was taken there" }),
      }),
    ),
  })
  .meta({ id: "SeriesPage" });

export const seriesAnswers = {
  getSeries: {
    answers: {
      200: {
        description: "All series on one axis of time",
        schema: seriesPageSchema,
        example: {
          from: NOW,
          to: "2026-11-28T12:02:00.000Z",
          stepSeconds: 60,
          series: [
            { name: "online", labels: { protocol: "ocpp1.6", securityProfile: "3" }, values: [811, 812, 812] },
            { name: "disconnects", labels: { reason: "silent", securityProfile: "3" }, values: [1, 0, 0] },
          ],
        },
      },
    },
    problems: ["invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
