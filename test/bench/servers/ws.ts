/**
 * The least that can hold a station's socket in Node: `ws`, and as much OCPP-J as an answer needs.
 * Must not know what is measured.
 */
import { type WebSocket, WebSocketServer } from "ws";
import { servePeer } from "./serve.ts";

const stations = new Map<string, WebSocket>();
const waiting = new Map<string, (payload: unknown) => void>();
let sent = 0;

const server = servePeer((stationId, { action, payload }) => {
  const station = stations.get(stationId);
  if (station === undefined) return null;
  const messageId = `c${++sent}`;
  return new Promise((resolve) => {
    waiting.set(messageId, resolve);
    station.send(JSON.stringify([2, messageId, action, payload]));
  });
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
