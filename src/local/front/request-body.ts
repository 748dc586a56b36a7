/**
 * Carries a request's body on to workerd, which may answer before its end. Must not know what the body holds.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import { Transform } from "node:stream";
import { LINGER_MS } from "./tunnel.ts";

/**
 * Bytes of a body that are passed on: more than the Worker takes of any. It refuses what was cut to these like the whole; and workerd,
 * which closes on who goes on with a body that nobody reads, would take the answer along.
 */
const PASSED_MAX_BYTES = 4_500_000;

/** What is said of the body that {@link passBody} passes on, in place of what the client said. */
export function bodyHeaders({ headers }: IncomingMessage): string[] {
  if (headers["transfer-encoding"] !== undefined) return ["Transfer-Encoding", "chunked"];
  return isLonger(headers) ? ["Content-Length", String(PASSED_MAX_BYTES)] : [];
}

export function passBody(request: IncomingMessage, ask: ClientRequest): void {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  // One that was read already does not end again.
  if (request.readableEnded || (length === undefined && encoding === undefined)) ask.end();
  else if (encoding === undefined && !isLonger(request.headers)) request.pipe(ask);
  else request.pipe(firstBytes()).pipe(ask);
}

const isLonger = ({ "content-length": length }: IncomingMessage["headers"]) => Number(length ?? 0) > PASSED_MAX_BYTES;

/** Ends where so much has come; the rest is taken, and dropped. */
function firstBytes(): Transform {
  let left = PASSED_MAX_BYTES;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      if (left > 0) {
        this.push(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) this.push(null);
      }
      done();
    },
  });
}

/** The answer came before the whole body: time to read that answer, but no endless upload. */
export function discardRest(request: IncomingMessage): void {
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once("close", () => clearTimeout(timer));
}

/** As much of a body as is passed on; the rest is taken, and dropped. @throws where its end does not come */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= PASSED_MAX_BYTES) break;
  }
  if (!request.complete) discardRest(request);
  return Buffer.concat(chunks).subarray(0, PASSED_MAX_BYTES);
}
