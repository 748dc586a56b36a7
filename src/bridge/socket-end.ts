/**
 * Why a socket that this side opened is gone, told once, whatever it was. Must not know what it was for.
 */
import type { WebSocket } from "ws";

export interface SocketEnd {
  /** The HTTP status that the upgrade was answered with; `null`: it was another kind of end. */
  refusal: number | null;
  /** ms that it was open; 0: it never was. */
  livedMs: number;
  code: number;
  reason: string;
}

export function onEnd(socket: WebSocket, done: (end: SocketEnd) => void): void {
  let refusal: number | null = null;
  let failure = "";
  let openedAt: number | null = null;
  socket.once("open", () => {
    openedAt = performance.now();
  });
  socket.on("unexpected-response", (request, response) => {
    refusal = response.statusCode ?? null;
    response.resume();
    request.destroy();
    socket.terminate();
  });
  socket.on("error", (error) => {
    failure = error.message;
  });
  socket.once("close", (code, text) => {
    const livedMs = openedAt === null ? 0 : performance.now() - openedAt;
    done({ refusal, livedMs, code, reason: refusal === null ? failure || String(text) : `refused with ${refusal}` });
  });
}
