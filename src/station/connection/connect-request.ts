/**
 * The upgrade as it goes from the Worker to the object: a request built from verified facts alone. Must not carry
 * anything that a client wrote, but for its credentials and its offer.
 */
import { parseJson } from "../../json.ts";
import type { ConnectionClaims } from "../../security/admission.ts";

export interface ConnectRequest {
  claims: ConnectionClaims;
  remoteAddress: string | null;
  /** That the answer bears; absent in those of a Worker of an older release. */
  requestId?: string;
}

const HEADER = "x-kerbside-connect";

export function sendConnectRequest(station: Pick<Fetcher, "fetch">, request: ConnectRequest): Promise<Response> {
  // Percent-encoded, since a header holds no character above U+00FF and a certificate's subject may.
  const headers = { upgrade: "websocket", [HEADER]: encodeURIComponent(JSON.stringify(request)) };
  return station.fetch("https://station/connect", { headers });
}

/** @throws where the request does not come from `sendConnectRequest` */
export function readConnectRequest(request: Request): ConnectRequest {
  return parseJson<ConnectRequest>(decodeURIComponent(request.headers.get(HEADER) ?? ""));
}
