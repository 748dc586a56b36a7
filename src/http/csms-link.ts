/**
 * GET /v1/stations/{id}/csms: a CSMS's own socket to a station. Must not know what is said on it.
 */
import { LINK_PROTOCOL } from "../ocpp/link-protocol.ts";
import { sendLinkRequest } from "../station/link/link-request.ts";
import type { Handlers } from "./call.ts";
import { unknownStation } from "./problem.ts";
import { registeredStation } from "./registered-station.ts";
import { boundOf } from "../security/api-key.ts";
import { askedUpgrade } from "./upgrade.ts";

export const linkHandlers: Handlers<"linkCsms"> = {
  async linkCsms({ c, key }) {
    askedUpgrade(c, LINK_PROTOCOL);
    const accepted = await sendLinkRequest(await registeredStation(c), boundOf(key));
    if (accepted.status !== 101 || accepted.webSocket === null) throw unknownStation();
    // Made anew: of the object's own answer no header can be set, and what the API adds to every answer would fail.
    const headers = { "Sec-WebSocket-Protocol": LINK_PROTOCOL };
    return new Response(null, { status: 101, webSocket: accepted.webSocket, headers });
  },
};
