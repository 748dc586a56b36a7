/**
 * The upgrade of an observer as it goes from the Worker to the object. Must not carry anything that a client wrote, but for where it
 * wants to go on.
 */

import { type Bound, boundParameter, readBound } from "../object/bound-labels.ts";

const PATH = "/live";

export interface LiveRequest extends Bound {
  /** Where it goes on (live-cursor.ts); absent: from now on. */
  after?: string;
  /** What is nobody's to read is hidden. */
  isMasked: boolean;
}

/** What can be read without the platform's types, as the table of routes is. */
interface Station {
  fetch: (url: string, init: { headers: Record<string, string> }) => Promise<Response>;
}

export function sendLiveRequest(station: Station, { after, isMasked, ...bound }: LiveRequest): Promise<Response> {
  const masked = String(isMasked);
  const query = new URLSearchParams({ masked, ...(after !== undefined && { after }), ...boundParameter(bound) });
  return station.fetch(`https://station${PATH}?${query}`, { headers: { upgrade: "websocket" } });
}

export const isLiveRequest = (request: Request): boolean => new URL(request.url).pathname === PATH;

export function readLiveRequest(request: Request): LiveRequest {
  const { searchParams } = new URL(request.url);
  const after = searchParams.get("after");
  // Whatever another release may say: masked is what shows nothing.
  return { isMasked: searchParams.get("masked") !== "false", ...(after !== null && { after }), ...readBound(request) };
}
