/**
 * Carries a request's body on to workerd, which may answer before its end. Must not know what the body holds.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import { LINGER_MS } from "./tunnel.ts";

export function passBody(request: IncomingMessage, ask: ClientRequest): void {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  // One that was read already does not end again.
  if (request.readableEnded || (length === undefined && encoding === undefined)) ask.end();
  else request.pipe(ask);
}

/** The answer came before the whole body: time to read that answer, but no endless upload. */
export function discardRest(request: IncomingMessage, ask: ClientRequest): void {
  request.unpipe(ask);
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once("close", () => clearTimeout(timer));
}

/** `null`: it is longer than `maxBytes`. */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
