/**
 * Whether the other side of a socket is still there: a network that forgets a quiet connection tells nobody. Must not know what it is
 * for.
 */
import type { WebSocket } from "ws";

/** ms; networks forget what is quiet for a minute or more. A ping wakes no object, and is no message. */
const PING_EVERY_MS = 45_000;

/** Of a side that never answered a ping it cannot be told that it is gone. */
export function keepAlive(socket: WebSocket, everyMs = PING_EVERY_MS): void {
  let answers = false;
  let isAnswered = true;
  socket.on("pong", () => {
    answers = true;
    isAnswered = true;
  });
  socket.once("open", () => {
    const timer = setInterval(() => {
      if (answers && !isAnswered) socket.terminate();
      else socket.ping();
      isAnswered = false;
    }, everyMs);
    timer.unref();
    socket.once("close", () => clearInterval(timer));
  });
}
