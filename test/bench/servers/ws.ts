/**
 * The least that can hold a station's socket in Node: `ws`, and as much OCPP-J as an answer needs.
 * Must not know what is measured.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { type WebSocket, WebSocketServer } from "ws";
import { commandedStation, serve } from "./serve.ts";

const stations = new Map<string, WebSocket>();
const waiting = new Map<string, (payload: unknown) => void>();
let sent = 0;

const server = http.createServer(async (request, response) => {
  const station = stations.get(commandedStation(request.url) ?? "");
  if (station === undefined) {
    response.writeHead(409).end();
    return;
  }
  const { action, payload } = (await json(request)) as { action: string; payload: unknown };
  const messageId = `c${++sent}`;
  const answer = await new Promise((resolve) => {
    waiting.set(messageId, resolve);
    station.send(JSON.stringify([2, messageId, action, payload]));
  });
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket, request) => {
  const id = request.url?.split("/").at(-1) ?? "";
  stations.set(id, socket);
  socket.on("close", () => stations.get(id) === socket && stations.delete(id));
  socket.on("error", () => {});
  socket.on("message", (data) => {
    const [type, messageId, action] = JSON.parse(data.toString());
    if (type === 2) {
      const payload = action === "Heartbeat" ? { currentTime: new Date().toISOString() } : {};
      socket.send(JSON.stringify([3, messageId, payload]));
    } else {
      waiting.get(messageId)?.(action);
      waiting.delete(messageId);
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  serve({ port: (server.address() as AddressInfo).port, apiKey: "" }, () => undefined);
});
