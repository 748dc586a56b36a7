/**
 * Asks the responder that a station names whether a car's certificate is revoked, where the deployment allows that host. Must not judge
 * the answer: the station holds it against its own roots.
 */
import { log, messageOf } from "../log.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { ocspRequest, type OcspRequestData } from "../security/x509/ocsp-request.ts";
import { OCTET_STRING, SEQUENCE } from "../security/x509/der.ts";

/** [OCPP 2.0.1 M06] Characters of `ocspResult`; 2.1 takes 18,000. */
const RESULT_MAX_LENGTH = { "ocpp2.0.1": 5_500, "ocpp2.1": 18_000 } as const;

export type RelayedStatus = { status: "Accepted"; ocspResult: string } | { status: "Failed" };

/** Whether it is to be asked here, and not of the CSMS. */
export function isAllowed({ responderURL }: { responderURL?: unknown }, hosts: readonly string[]): boolean {
  const url = typeof responderURL === "string" && URL.canParse(responderURL) ? new URL(responderURL) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") return false;
  return hosts.includes(url.host);
}

/** Never throws. */
export async function relayOcsp(
  data: OcspRequestData & { responderURL: string },
  protocol: keyof typeof RESULT_MAX_LENGTH,
  stationId: string,
): Promise<RelayedStatus> {
  try {
    const body = ocspRequest(data);
    if (body === null) throw new Error("the question holds what is no hexadecimal number");
    const { status, body: answer } = await boundedFetch(undefined, data.responderURL, {
      method: "POST",
      headers: { "content-type": "application/ocsp-request", accept: "application/ocsp-response" },
      body,
    });
    if (status !== 200) throw new Error(`the responder answered ${status}`);
    // [RFC 6960 §4.2.1] An OCSPResponse whose status is successful, and which holds a response.
    const isAnswer = answer[0] === SEQUENCE && answer.includes(OCTET_STRING);
    const ocspResult = btoa(String.fromCharCode(...answer));
    if (!isAnswer || ocspResult.length > RESULT_MAX_LENGTH[protocol])
      throw new Error("the answer is none, or too long");
    return { status: "Accepted", ocspResult };
  } catch (error) {
    log("warn", "a responder gave no answer", { stationId, responder: data.responderURL, reason: messageOf(error) });
    return { status: "Failed" };
  }
}
