/**
 * What the demo's webhooks point at, on this machine alone: one place that takes events, one that fails. Must not know events.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** ms that the good one takes, at random up to it. */
const TAKES_MAX_MS = 60;
const [NO_CONTENT, UNAVAILABLE] = [204, 503];

export interface Receiver {
  worksUrl: string;
  failsUrl: string;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    worksUrl: `http://127.0.0.1:${port}/works`,
    failsUrl: `http://127.0.0.1:${port}/fails`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  request.once("end", () => {
    if (request.url !== "/works") {
      response.writeHead(UNAVAILABLE, { "content-type": "text/plain" }).end("The billing system is being moved");
      return;
    }
    setTimeout(() => response.writeHead(NO_CONTENT).end(), Math.random() * TAKES_MAX_MS);
  });
  request.on("error", () => response.destroy());
}
