/**
 * The labels that a station must have for whoever opened a guest's socket to it: the key it was opened by is bound to them, and the
 * socket outlives the request. Must not know keys, nor whose socket it is.
 */
import { lackingLabels } from "../../security/fleet-part.ts";
import { parseJson } from "../../json.ts";
import { type Check, isRecord, optional } from "../../shape.ts";

export type Labels = Readonly<Record<string, string>>;

/** What rides with a socket, or with the request for it: nothing where the key is bound to no labels. */
export interface Bound {
  labels?: Labels;
}

const PARAMETER = "labels";

export const boundParameter = ({ labels }: Bound): Record<string, string> =>
  labels === undefined ? {} : { [PARAMETER]: JSON.stringify(labels) };

export function readBound(request: Request): Bound {
  const text = new URL(request.url).searchParams.get(PARAMETER);
  return text === null ? {} : { labels: parseJson<Labels>(text) };
}

/** Of an attachment. */
export const boundLabels: Check = optional((value) =>
  isRecord(value) && Object.values(value).every((each) => typeof each === "string") ? null : "",
);

/** Whether a station with these labels is none of theirs. */
export const isOutside = ({ labels: bound }: Bound, labels: Labels): boolean =>
  bound !== undefined && lackingLabels({ label: bound }, labels).length > 0;
