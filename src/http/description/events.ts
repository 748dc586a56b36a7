/**
 * What a backend gets of itself: the data of each type of event, and the questions to the CSMS. Must not know how either travels.
 */
import * as z from "zod";
import type { EVENT_TYPES } from "../../delivery/event.ts";
import { commandSchema } from "./commands.ts";
import { callError, certificate, deviations, payload, profile, protocol, time } from "./shapes.ts";

const connection = {
  connectionId: z.string(),
  protocol,
  securityProfile: profile,
  remoteAddress: z.string().nullable(),
  since: time,
  certificate,
};

/** The data of each type of event. */
export const EVENT_DATA = {
  "ocpp.station.connected": z.looseObject(connection),
  "ocpp.station.disconnected": z.looseObject({ ...connection, code: z.int(), reason: z.string() }),
  "ocpp.call": z.looseObject({
    protocol,
    messageId: z.string(),
    action: z.string(),
    payload,
    answer: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: "The CALLRESULT's payload, or { error }" }),
    answeredBy: z.enum(["edge", "csms"]),
    deviations: deviations.exactOptional(),
  }),
  "ocpp.call.refused": z.looseObject({
    protocol,
    messageId: z.string(),
    action: z.string(),
    payload: z.unknown(),
    code: z.string(),
    description: z.string(),
    path: z.string().meta({ description: 'JSON pointer into the payload; "": the message as a whole' }),
    suppressedBefore: z.int(),
  }),
  "ocpp.command.completed": commandSchema,
  "ocpp.security": z.looseObject({ kind: z.string(), suppressedBefore: z.int() }),
} as const satisfies Record<(typeof EVENT_TYPES)[number], z.ZodType>;

export const questionSchema = z
  .strictObject({ stationId: z.string(), protocol, messageId: z.string(), action: z.string(), payload })
  .meta({ id: "Question", description: "A station's CALL that is the CSMS's to answer" });

export const decisionSchema = z
  .union([
    z.strictObject({ payload }),
    z.strictObject({ error: callError.partial({ description: true, details: true }) }),
  ])
  .meta({ id: "Decision", description: "The CALLRESULT's payload, or the CALLERROR" });
