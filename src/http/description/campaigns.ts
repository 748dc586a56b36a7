/**
 * What /v1/campaigns answers: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { MEMBER_STATES } from "../../fleet/campaigns/campaign-outcome.ts";
import { type Answers, NOW } from "./answer.ts";
import { time } from "./shapes.ts";

const count = z.int().min(0);

export const campaignSchema = z
  .strictObject({
    campaignId: z.string(),
    name: z.string(),
    action: z.string(),
    state: z.enum(["scheduled", "running", "paused", "cancelling", "cancelled", "complete"]),
    actor: z.string().meta({ description: "Whose key made it" }),
    stations: count,
    ratePerSecond: z.int(),
    expiresInSeconds: z.int(),
    createdAt: time,
    startAt: time.exactOptional(),
    startedAt: time.exactOptional(),
    endedAt: time.exactOptional(),
    progress: z
      .strictObject(Object.fromEntries(MEMBER_STATES.map((state) => [state, count])))
      .meta({ description: "Stations by what became of the command; sending: it may have been sent" }),
  })
  .meta({ id: "Campaign" });

export const campaignPageSchema = z
  .strictObject({ campaigns: z.array(campaignSchema), cursor: z.string().nullable() })
  .meta({ id: "CampaignPage" });

export const dryRunSchema = z
  .strictObject({ stations: count, unknown: count.meta({ description: "Named, and not there for this key" }) })
  .meta({ id: "CampaignDryRun" });

export const campaignStationsSchema = z
  .strictObject({
    stations: z.array(
      z.strictObject({
        stationId: z.string(),
        state: z.enum(MEMBER_STATES),
        changedAt: time,
        commandId: z.string().exactOptional(),
        answer: z
          .string()
          .exactOptional()
          .meta({ description: "The station's answer as JSON, its first 500 characters" }),
        reason: z.string().exactOptional().meta({ description: "Why it is no result" }),
      }),
    ),
    cursor: z.string().nullable(),
  })
  .meta({ id: "CampaignStations" });

const ID = "019ab0c4-7a10-4000-8000-000000000009";
const NONE = Object.fromEntries(MEMBER_STATES.map((state) => [state, 0]));
const CAMPAIGN = {
  campaignId: ID,
  name: "Reset the north",
  action: "Reset",
  state: "running",
  actor: "backend",
  stations: 2_000,
  ratePerSecond: 50,
  expiresInSeconds: 86_400,
  createdAt: NOW,
  startedAt: NOW,
  progress: { ...NONE, pending: 1_500, queued: 40, sent: 10, result: 450 },
};

const CHANGED = {
  answers: { 200: { description: "As it stands from then on", schema: campaignSchema, example: CAMPAIGN } },
  problems: ["campaignNotFound", "campaignEnded", "unavailable"],
} as const;

export const campaignAnswers = {
  createCampaign: {
    answers: {
      200: {
        description:
          "Of a dry run: how many stations it would be for. Or the campaign that the same request made before",
        schema: z.union([dryRunSchema, campaignSchema]),
        example: { stations: 2_000, unknown: 0 },
      },
      201: {
        description: "It is made",
        schema: campaignSchema,
        example: { ...CAMPAIGN, state: "scheduled", startedAt: undefined, progress: { ...NONE, pending: 2_000 } },
        headers: { Location: "Where its progress is told" },
      },
    },
    problems: ["malformedJson", "idempotencyConflict", "bodyTooLarge", "unsupportedEncoding", "invalid", "unavailable"],
    headers: { "Idempotency-Key": "The same key and body make one campaign, however often it is asked for" },
    example: {
      name: "Reset the north",
      action: "Reset",
      payload: { type: "Soft" },
      filter: { labels: { site: "north" } },
      ratePerSecond: 50,
      expiresInSeconds: 86_400,
    },
  },
  listCampaigns: {
    answers: {
      200: {
        description: "A page, newest first",
        schema: campaignPageSchema,
        example: { campaigns: [CAMPAIGN], cursor: null },
      },
    },
    problems: ["invalid"],
  },
  getCampaign: {
    answers: { 200: { description: "As it stands now", schema: campaignSchema, example: CAMPAIGN } },
    problems: ["campaignNotFound"],
  },
  pauseCampaign: CHANGED,
  resumeCampaign: CHANGED,
  cancelCampaign: CHANGED,
  listCampaignStations: {
    answers: {
      200: {
        description: "A page, by identity",
        schema: campaignStationsSchema,
        example: {
          stations: [
            { stationId: "CS001", state: "result", changedAt: NOW, commandId: ID, answer: '{"status":"Accepted"}' },
          ],
          cursor: null,
        },
      },
    },
    problems: ["campaignNotFound", "invalid"],
  },
} as const satisfies Readonly<Record<string, Answers>>;
