/**
 * The upgrade as it goes from the Worker to the object: a request built from verified facts alone. Must not carry
 * anything that a client wrote, but for its credentials and its offer.
 */
import { parseJson } from "../../json.ts";
import { log } from "../../log.ts";
import type { ConnectionClaims } from "../../security/admission.ts";
import type { RefusalReason } from "../../security/refusal.ts";
import { fields, listOf, nullable, oneOf, optional, text, time } from "../../shape.ts";

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

/** What a Worker of another release may add is not heeded; what it says otherwise proves nothing. */
const CONNECT_REQUEST = fields({
  claims: fields({
    stationId: text,
    transport: oneOf("http", "tls", "mtls"),
    basic: nullable(fields({ user: text, password: text })),
    certificate: nullable(
      fields({
        ...{ commonName: text, organization: nullable(text), fingerprint: text, notAfter: time },
        ...{ twin: optional(text), issuerKeyId: optional(text), serialNumber: optional(text) },
      }),
    ),
    offer: listOf(text),
  }),
  remoteAddress: nullable(text),
  requestId: optional(text),
});

/** `null`: it is not as `sendConnectRequest` writes it; the log says where, and repeats none of it. */
export function readConnectRequest(request: Request, stationId: string): ConnectRequest | null {
  const read = parsed(request.headers.get(HEADER) ?? "");
  const fault = CONNECT_REQUEST(read);
  if (fault === null) return read as ConnectRequest;
  log("error", "an upgrade from the Worker cannot be read", { stationId, fault });
  return null;
}

function parsed(header: string): unknown {
  try {
    return parseJson(decodeURIComponent(header));
  } catch {
    return null;
  }
}

/** What the Worker reads of an upgrade that is no 101. */
export const refusedUpgrade = (reason: RefusalReason): Response => Response.json({ reason }, { status: 403 });
