/**
 * The least that a broker could be: one Durable Object a station, that takes its WebSocket with hibernation and answers
 * every CALL. Must not know OCPP any further; what Kerbside takes is compared with what this takes.
 */
import { DurableObject } from "cloudflare:workers";

export class ChargingStation extends DurableObject {
  async fetch(request) {
    const [station, own] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(own);
    const protocol = request.headers.get("Sec-WebSocket-Protocol")?.split(",")[0]?.trim() ?? "";
    return new Response(null, { status: 101, webSocket: station, headers: { "Sec-WebSocket-Protocol": protocol } });
  }

  webSocketMessage(socket, message) {
    const [, messageId] = JSON.parse(message);
    const payload = { status: "Accepted", currentTime: new Date().toISOString(), interval: 300 };
    socket.send(JSON.stringify([3, messageId, payload]));
  }

  webSocketClose(socket) {
    socket.close(1000);
  }
}

/** Bound by wrangler.toml. */
export class WebhookRegistry extends DurableObject {}

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.headers.get("Upgrade") !== "websocket") return new Response("ok");
    return env.STATION.get(env.STATION.idFromName(pathname.slice(pathname.lastIndexOf("/") + 1))).fetch(request);
  },
};
