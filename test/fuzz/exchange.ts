/**
 * One attacking connection: opened, written to, listened to, given up. Must not know what it says, nor what the answer means.
 */
import net from "node:net";
import { setImmediate as soon } from "node:timers/promises";
import tls from "node:tls";

export interface Exchange {
  port: number;
  /** Left out: no TLS. */
  tls?: tls.ConnectionOptions;
  pieces: readonly Buffer[];
  ending: "wait" | "half-close" | "reset";
  /** ms without a byte after which it is given up. */
  idleMs: number;
  /** Whether there is nothing more to wait for. */
  isEnough: (received: Buffer) => boolean;
}

export interface Outcome {
  received: Buffer;
  /** The other side closed. */
  isOver: boolean;
}

export async function exchange({ port, pieces, ending, idleMs, isEnough, tls: options }: Exchange): Promise<Outcome> {
  const to = { port, host: "127.0.0.1", allowHalfOpen: true };
  const socket = options === undefined ? net.connect(to) : tls.connect({ ...to, servername: "localhost", ...options });
  const chunks: Buffer[] = [];
  let isOver = false;
  let isLeft = false;
  const leave = () => {
    isLeft = true;
    socket.destroy();
  };
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => {});
  socket.on("close", () => resolve());
  socket.on("end", () => {
    isOver = !isLeft;
    socket.destroy();
  });
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (isEnough(Buffer.concat(chunks))) leave();
  });
  socket.setTimeout(idleMs, leave);
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    await soon();
  }
  if (ending === "half-close") socket.end();
  if (ending === "reset") socket.once("drain", leave).write("", leave);
  await closed;
  return { received: Buffer.concat(chunks), isOver };
}
