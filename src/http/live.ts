/**
 * GET /v1/stations/{id}/live: an observer's socket to a station. Must not know what is shown on it.
 */
import { LIVE_PROTOCOL } from "../ocpp/live-protocol.ts";
import { sendLiveRequest } from "../station/tail/live-request.ts";
import type { Handlers } from "./call.ts";
import { problems, unknownStation } from "./problem.ts";
import { registeredStation } from "./registered-station.ts";
import { boundOf } from "../security/api-key.ts";
import { askedUpgrade } from "./upgrade.ts";

/** s until an observer that was one too many may find a place. */
const RETRY_AFTER_SECONDS = 30;

export const liveHandlers: Handlers<"watchStation"> = {
  async watchStation({ c, key, query }) {
    askedUpgrade(c, LIVE_PROTOCOL);
    const isMasked = !key.scopes.includes("messages:unmasked");
    const accepted = await sendLiveRequest(await registeredStation(c), { ...query(), isMasked, ...boundOf(key) });
    if (accepted.status === 429) {
      const headers = { "Retry-After": String(RETRY_AFTER_SECONDS) };
      throw problems.tooManyObservers("As many observers as may watch this station at once.", { headers });
    }
    if (accepted.status !== 101 || accepted.webSocket === null) throw unknownStation();
    // Made anew: of the object's own answer no header can be set, and what the API adds to every answer would fail.
    const headers = { "Sec-WebSocket-Protocol": LIVE_PROTOCOL };
    return new Response(null, { status: 101, webSocket: accepted.webSocket, headers });
  },
};
