/**
 * The part of the fleet that an API key is bound to, and which stations belong to it. Must not know routes, nor where a station's
 * labels are kept.
 */
import * as z from "zod/mini";

/** Labels that a station must have for one key: a team, a client, a site; each is looked for in every list. */
const LABELS_MAX = 5;
/** Characters: those of the longest identity. */
const PREFIX_MAX_LENGTH = 48;
/** Characters, as of a registration's labels. */
const VALUE_MAX_LENGTH = 255;

const prefix = z
  .string()
  .check(
    z.maxLength(PREFIX_MAX_LENGTH),
    z.regex(/^[A-Za-z0-9*_=+|@.-][A-Za-z0-9*_=+|@. -]*$/, "the beginning of a station's identity"),
  );
const label = z
  .record(z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,63}$/)), z.string().check(z.maxLength(VALUE_MAX_LENGTH)))
  // Without any it would be the whole fleet.
  .check(z.refine((record) => Object.keys(record).length >= 1 && Object.keys(record).length <= LABELS_MAX));

/** `label`: a station that has all of these belongs to it. */
export const fleetPartSchema = z.union([z.strictObject({ prefix }), z.strictObject({ label })], {
  error: `either { "prefix": "…" }, of an identity, or { "label": { "name": "value" } }, 1 to ${LABELS_MAX} of them`,
});
export type FleetPart = z.infer<typeof fleetPartSchema>;

/** What a key reaches. */
export type Reach = FleetPart | "all";

/** By its identity alone; `null`: its labels decide. */
export function reachesId(reach: Reach, stationId: string): boolean | null {
  if (reach === "all") return true;
  return "prefix" in reach ? stationId.startsWith(reach.prefix) : null;
}

/** The labels without which a station is outside, whatever its identity. */
export const labelsWithin = (reach: Reach): [name: string, value: string][] =>
  reach === "all" || "prefix" in reach ? [] : Object.entries(reach.label);

/** Names of labels that a station lacks, or has with another value, to be inside. */
export const lackingLabels = (reach: Reach, labels: Readonly<Record<string, string>>): string[] =>
  labelsWithin(reach).flatMap(([name, value]) => (Object.hasOwn(labels, name) && labels[name] === value ? [] : [name]));
