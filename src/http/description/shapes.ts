/**
 * What several answers and events have in common, as schemas: for the description of the API and its tests, never in the Worker. Must
 * not know which route answers what.
 */
import * as z from "zod";
import { PROTOCOLS } from "../../ocpp/protocol.ts";

export const time = z.iso.datetime().meta({ description: "ISO 8601, UTC" });

export const labels = z.record(z.string(), z.string());

export const payload = z.record(z.string(), z.unknown()).meta({
  description: "The action's OCPP payload, in the version that the station speaks",
});

export const profile = z.literal([0, 1, 2, 3]).meta({ description: "OCPP's security profile; 0: none" });

export const protocol = z.enum(PROTOCOLS);

export const offlineReason = z.string().meta({ description: "A sentence for people: why it is off" });

export const deviation = z.strictObject({ path: z.string(), kind: z.string(), message: z.string() });

export const deviations = z.array(deviation).meta({ description: "What lenient validation let pass" });

export const certificate = z.strictObject({ fingerprint: z.string(), notAfter: time }).nullable();

export const callError = z.strictObject({
  code: z.string(),
  description: z.string(),
  details: z.record(z.string(), z.unknown()),
});
