/**
 * A handler of requests as a listener of Node's own HTTP server. Must not know what is handled, nor import Node: it runs there alone.
 */

/** As `node:http` has them. */
interface Incoming extends AsyncIterable<Uint8Array> {
  method?: string | undefined;
  url?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
}
interface Outgoing {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

/** Bytes of a body: more than Kerbside sends. */
const BODY_MAX_BYTES = 12_000_000;

/** `http.createServer(nodeListener(webhookHandler({ … })))` */
export function nodeListener(handler: (request: Request) => Promise<Response>) {
  return async (incoming: Incoming, outgoing: Outgoing): Promise<void> => {
    try {
      const body = await read(incoming);
      if (body === null) {
        outgoing.writeHead(413, {});
        outgoing.end("");
        return;
      }
      const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as [string, string]],
      );
      const method = incoming.method ?? "GET";
      const request = new Request(`http://localhost${incoming.url ?? "/"}`, {
        method,
        headers,
        ...(method !== "GET" && method !== "HEAD" && { body }),
      });
      const response = await handler(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(await response.text());
    } catch {
      outgoing.writeHead(500, {});
      outgoing.end("");
    }
  };
}

/** `null`: it is too large. */
async function read(incoming: Incoming): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.byteLength;
    if (bytes > BODY_MAX_BYTES) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
