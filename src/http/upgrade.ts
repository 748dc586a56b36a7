/**
 * What each route that is a WebSocket asks of a request. Must not know what is said on it.
 */
import type { ApiContext } from "./auth.ts";
import { problems } from "./problem.ts";

/** @throws where the request is no upgrade, or offers not the one subprotocol there is */
export function askedUpgrade(c: ApiContext, subprotocol: string): void {
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
    const headers = { Upgrade: "websocket", Connection: "Upgrade" };
    throw problems.upgradeRequired(`This is a WebSocket of the subprotocol ${subprotocol}.`, { headers });
  }
  const offered = (c.req.header("Sec-WebSocket-Protocol") ?? "").split(",").map((name) => name.trim());
  if (!offered.includes(subprotocol)) throw problems.noSubprotocol(`Offer the subprotocol ${subprotocol}.`);
}
