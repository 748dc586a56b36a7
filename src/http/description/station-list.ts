/**
 * What GET /v1/stations and its summary answer: schemas, examples, problems. Must not know how a description is written.
 */
import * as z from "zod";
import { OFFLINE_KINDS } from "../../fleet/offline-reason.ts";
import { type Answers, NOW } from "./answer.ts";
import { labels, offlineReason, profile, protocol, time } from "./shapes.ts";

const entry = z.strictObject({
  stationId: z.string(),
  securityProfile: profile,
  labels,
  online: z.boolean(),
  connection: z.strictObject({ protocol, securityProfile: profile }).nullable(),
  vendor: z.string().nullable(),
  model: z.string().nullable(),
  serialNumber: z.string().nullable(),
  certificateExpires: time.nullable().meta({ description: "Of the last connection's certificate" }),
  undelivered: z.boolean().meta({ description: "Some webhook does not take its events, or was not given some" }),
  hasCsms: z.boolean().meta({ description: "Somebody answers what the edge does not decide" }),
  changedAt: time,
  offlineSince: time.exactOptional().meta({ description: "While it is offline, as is the reason" }),
  offlineReason: offlineReason.exactOptional(),
});

export const stationPageSchema = z
  .strictObject({
    stations: z.array(entry),
    cursor: z
      .string()
      .nullable()
      .meta({ description: "Of the next page, also where this one is short or empty; null: this was the last" }),
  })
  .meta({ id: "StationPage" });

const found = z.strictObject({ stationId: z.string(), online: z.boolean() });
export const foundSchema = z
  .strictObject({
    found: z.array(
      z.discriminatedUnion("by", [
        found.extend({ by: z.literal("command"), commandId: z.string() }),
        found.extend({ by: z.literal("certificate"), fingerprint: z.string() }),
      ]),
    ),
  })
  .meta({ id: "Found" });

const counts = z.record(z.string(), z.int());

export const fleetSummarySchema = z
  .strictObject({
    stations: z.int(),
    online: z.int(),
    offline: z.int(),
    bySecurityProfile: counts.meta({ description: "As registered" }),
    onlineBySecurityProfile: counts.meta({ description: "Of those that are online, by their connection's" }),
    byProtocol: counts.meta({ description: "Of those that are online" }),
    byVendor: z
      .array(z.strictObject({ vendor: z.string(), stations: z.int() }))
      .meta({ description: "The 50 largest, the largest first" }),
    otherVendors: z.int(),
    unknownVendor: z.int().meta({ description: "Those that have not booted" }),
    byOfflineReason: counts.meta({
      description: `Of those that are offline, how their last connection ended: ${OFFLINE_KINDS.join(", ")}`,
    }),
    onlineByVendor: z
      .array(z.strictObject({ vendor: z.string(), stations: z.int() }))
      .meta({ description: "The 50 largest; as of countedAt" }),
    certificatesExpiring: counts.meta({
      description:
        "Stations whose last connection's certificate ends within so many days: 1, 7, 14, 30, each with those before it; 0: it has ended. As of countedAt",
    }),
    countedAt: time.meta({ description: "At most five minutes ago" }),
    undeliveredStations: z
      .int()
      .meta({ description: "Some webhook does not take their events, or was not given some" }),
    undeliveredEvents: z.int().meta({ description: "That wait for the worst served webhook of each of them" }),
    oldestUndelivered: time.nullable(),
    deadLetters: z.int().meta({ description: "Events given up since the last replay" }),
  })
  .meta({ id: "FleetSummary" });

export const stationListAnswers = {
  listStations: {
    answers: {
      200: {
        description: "A page, in the order that was asked for",
        schema: stationPageSchema,
        example: {
          stations: [
            {
              stationId: "CS001",
              securityProfile: 2,
              labels: { site: "north" },
              online: false,
              connection: null,
              vendor: "Vendor",
              model: "Model",
              serialNumber: "SN-1",
              certificateExpires: null,
              undelivered: false,
              hasCsms: true,
              changedAt: NOW,
              offlineSince: NOW,
              offlineReason: "closed by the station, 1001",
            },
          ],
          cursor: null,
        },
      },
    },
    problems: ["invalid"],
  },
  findStations: {
    answers: {
      200: {
        description:
          "Of the whole id of a command, or the whole fingerprint of a certificate; none where it is neither",
        schema: foundSchema,
        example: {
          found: [
            { stationId: "CS001", online: true, by: "command", commandId: "019ab0c4-7a10-7000-8000-000000000001" },
          ],
        },
      },
    },
    problems: ["invalid"],
  },
  getFleetSummary: {
    answers: {
      200: {
        description: "From kept sums, a moment old",
        schema: fleetSummarySchema,
        example: {
          stations: 3,
          online: 2,
          offline: 1,
          bySecurityProfile: { 2: 3 },
          byProtocol: { "ocpp1.6": 2 },
          byVendor: [{ vendor: "Vendor", stations: 3 }],
          otherVendors: 0,
          unknownVendor: 0,
          byOfflineReason: { station: 1 },
          onlineBySecurityProfile: { 2: 1, 3: 1 },
          onlineByVendor: [{ vendor: "Vendor", stations: 2 }],
          certificatesExpiring: { 0: 0, 1: 0, 7: 1, 14: 1, 30: 1 },
          countedAt: NOW,
          ...{ undeliveredStations: 1, undeliveredEvents: 12, oldestUndelivered: NOW, deadLetters: 0 },
        },
      },
    },
    problems: [],
  },
} as const satisfies Readonly<Record<string, Answers>>;
