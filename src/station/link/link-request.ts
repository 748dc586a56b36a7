/**
 * The upgrade of a CSMS's own socket as it goes from the Worker to the object. Must not carry anything that a client wrote.
 */

import { type Bound, boundParameter } from "../object/bound-labels.ts";

const PATH = "/csms";

/** What can be read without the platform's types, as the table of routes is. */
interface Station {
  fetch: (url: string, init: { headers: Record<string, string> }) => Promise<Response>;
}

export const sendLinkRequest = (station: Station, bound: Bound): Promise<Response> =>
  station.fetch(`https://station${PATH}?${new URLSearchParams(boundParameter(bound))}`, {
    headers: { upgrade: "websocket" },
  });

export const isLinkRequest = (request: Request): boolean => new URL(request.url).pathname === PATH;
