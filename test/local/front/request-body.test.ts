import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import { PassThrough, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { expect, test } from "vitest";
import { problemOf } from "../../../src/local/front/front-problem.ts";
import { bodyHeaders, passBody, readBody } from "../../../src/local/front/request-body.ts";

const MAX = 4_500_000;
const CHUNKED = { "transfer-encoding": "chunked" };

function requestWith(headers: IncomingHttpHeaders) {
  const stream = new PassThrough({ highWaterMark: 16 });
  const request = Object.assign(stream, { headers, complete: false, socket: new PassThrough() });
  return { stream, request: request as unknown as IncomingMessage };
}

async function send(stream: PassThrough, count: number, chunk: Buffer): Promise<void> {
  for (let sent = 0; sent < count; sent++)
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once("drain", resolve));
}

const BYTE = Buffer.from("x");
const LARGE = Buffer.alloc(1_000_000, "y");

test.each<[string, IncomingHttpHeaders, number, Buffer, number, number]>([
  ["in small chunks", CHUNKED, 3_000, Buffer.alloc(64, "z"), 192_000, 3],
  ["that is small, in a chunk for each byte", CHUNKED, 1_000, BYTE, 1_000, 1],
  ["by its length, in a segment for each byte", { "content-length": "200000" }, 200_000, BYTE, 200_000, 4],
  ["that is small", { "content-length": "7" }, 7, BYTE, 7, 1],
  ["that is larger than any may be, in chunks", CHUNKED, 9, LARGE, MAX, 69],
  ["that is larger than any may be, by its length", { "content-length": "9000000" }, 9, LARGE, MAX, 69],
])("A body %s goes on in few pieces, cut where nobody takes more", async (_, headers, count, chunk, bytes, most) => {
  const { stream, request } = requestWith(headers);
  const pieces: Buffer[] = [];
  const ask = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  passBody(request, ask as ClientRequest);
  await send(stream, count, chunk);
  stream.end();
  await finished(ask);
  expect(Buffer.concat(pieces)).toEqual(Buffer.alloc(bytes, chunk));
  expect(pieces.length).toBeLessThanOrEqual(most);
  const said = Number(headers["content-length"] ?? 0) > MAX ? ["Content-Length", String(MAX)] : [];
  expect(bodyHeaders(request)).toEqual("transfer-encoding" in headers ? ["Transfer-Encoding", "chunked"] : said);
});

test("A body in thousands of chunks of a byte is refused, whoever is to have it", async () => {
  const { stream, request } = requestWith(CHUNKED);
  const ask = new Writable({ write: (_, _encoding, done) => done() });
  const refused = finished(ask).catch((error: Error) => error);
  passBody(request, ask as ClientRequest);
  await send(stream, 1_001, BYTE);
  expect(problemOf((await refused) as Error).detail).toMatch(/too many small chunks/);
  const all = requestWith(CHUNKED);
  const read = readBody(all.request).catch((error: Error) => error);
  await send(all.stream, 1_001, BYTE);
  expect(problemOf((await read) as Error).status).toBe(400);
});

test("What all are told is read up to there, and one that breaks off is none", async () => {
  const whole = requestWith(CHUNKED);
  const read = readBody(whole.request);
  await send(whole.stream, 9, LARGE);
  expect((await read).equals(Buffer.alloc(MAX, LARGE))).toBe(true);
  const broken = requestWith(CHUNKED);
  const none = readBody(broken.request);
  await send(broken.stream, 1, BYTE);
  broken.stream.destroy();
  await expect(none).rejects.toThrow("did not come whole");
});
