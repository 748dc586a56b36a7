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
/** Bytes that are passed on in one go: each piece costs workerd a millisecond, and a client may send one for every byte. */
const PIECE_BYTES = 65_536;
/** Chunks of one body that may be of any size; of more, each has so many bytes at the least on average. Each holds up all stations. */
const SMALL_CHUNKS_MAX = 1_000;
const CHUNK_MIN_BYTES = 64;

/** A client sends more small chunks than are taken. */
export class SmallChunksError extends Error {}

/** What is said of the body that {@link passBody} passes on, in place of what the client said. */
export function bodyHeaders({ headers }: IncomingMessage): string[] {
  if (headers["transfer-encoding"] !== undefined) return ["Transfer-Encoding", "chunked"];
  return isLonger(headers) ? ["Content-Length", String(PASSED_MAX_BYTES)] : [];
}

export function passBody(request: IncomingMessage, ask: ClientRequest): void {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  // One that was read already does not end again.
  if (request.readableEnded || (length === undefined && encoding === undefined)) ask.end();
  else {
    const first = request.pipe(firstBytes(request));
    first.once("error", (error) => ask.destroy(error));
    first.pipe(ask);
  }
}

const isLonger = ({ "content-length": length }: IncomingMessage["headers"]) => Number(length ?? 0) > PASSED_MAX_BYTES;

/** In pieces. Ends where so much has come; the rest is taken, and dropped. Fails where chunks are too small. */
function firstBytes({ headers }: IncomingMessage): Transform {
  const { "content-length": length } = headers;
  const isChunked = headers["transfer-encoding"] !== undefined;
  let chunks = 0;
  let bytes = 0;
  const size = Math.max(1, Math.min(PIECE_BYTES, Number(length ?? PIECE_BYTES)));
  let left = PASSED_MAX_BYTES;
  let piece = Buffer.alloc(0);
  let held = 0;
  const take = (): Buffer => {
    const taken = piece.subarray(0, held);
    piece = Buffer.alloc(0);
    held = 0;
    return taken;
  };
  return new Transform({
    transform(chunk: Buffer, _, done) {
      chunks++;
      bytes += chunk.length;
      if (isChunked && chunks > SMALL_CHUNKS_MAX && bytes < chunks * CHUNK_MIN_BYTES) {
        done(new SmallChunksError());
        return;
      }
      for (let at = 0; at < chunk.length && left > 0; ) {
        if (piece.length === 0) piece = Buffer.allocUnsafe(size);
        const copied = chunk.copy(piece, held, at, at + left);
        at += copied;
        held += copied;
        left -= copied;
        if (held === size || left === 0) this.push(take());
        if (left === 0) this.push(null);
      }
      done();
    },
    flush(done) {
      if (held > 0) this.push(take());
      done();
    },
  });
}

/** Where the answer came before the whole body: time to read that answer, but no endless upload. */
export function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once("close", () => clearTimeout(timer));
}

/** As much of a body as is passed on; the rest is taken, and dropped. @throws where its end does not come */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const first = request.pipe(firstBytes(request));
  request.once("close", () => {
    if (!request.complete) first.destroy(new Error("the body did not come whole"));
  });
  const pieces: Buffer[] = [];
  for await (const piece of first.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) pieces.push(piece);
  discardRest(request);
  return Buffer.concat(pieces);
}
