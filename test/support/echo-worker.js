/**
 * A Worker that tells what reached it, for the tests of the local edge. Must not know Kerbside.
 */
import { DurableObject } from "cloudflare:workers";

export class ChargingStation extends DurableObject {
  #awake = 0;

  async fetch(request) {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.send(JSON.stringify(describe(request)));
    const headers = { "sec-websocket-protocol": "ocpp1.6" };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  webSocketMessage(socket, message) {
    this.#awake += 1;
    if (message === "count") socket.send(String(this.#awake));
    else if (message === "close") socket.close(4000, "as asked");
    else socket.send(message);
  }

  webSocketClose(socket) {
    socket.close();
  }
}

export class WebhookRegistry extends DurableObject {}

function describe(request) {
  return { url: request.url, method: request.method, headers: [...request.headers], cf: request.cf };
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok");
    if (pathname === "/env") return Response.json(env[searchParams.get("name") ?? ""] ?? null);
    if (pathname === "/log") console.log(searchParams.get("line"));
    if (pathname === "/early") return new Response("too much", { status: 413 });
    if (pathname === "/upgrade-required") {
      return new Response("", { status: 426, headers: { upgrade: "websocket", connection: "upgrade" } });
    }
    if (pathname === "/throw") throw new Error("secret-in-an-exception");
    if (pathname === "/body") return new Response(request.body, { headers: { "set-cookie": "a=1" } });
    if (request.headers.get("upgrade") !== "websocket") return Response.json(describe(request));
    if (pathname.startsWith("/refused")) return Response.json({ reason: "refused" }, { status: 403 });
    return env.STATION.getByName(pathname).fetch(request);
  },
  async queue() {},
};
