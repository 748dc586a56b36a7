/**
 * What every server of the comparison has in common: it says where it listens, and ends with who started it.
 * Must not know what it serves.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface Served {
  port: number;
  apiKey: string;
}

/** The first line on stdout; an end of stdin is the end of the measuring process, however that came. */
export function serve(where: Served, stop: () => Promise<unknown> | undefined): void {
  const end = async () => {
    await stop();
    process.exit(0);
  };
  process.stdin.resume().once("end", () => void end());
  process.on("SIGINT", () => {});
  process.stdout.write(`${JSON.stringify(where)}\n`);
}

interface Command {
  action: string;
  payload: unknown;
}

/** A peer in one Node process: its HTTP route sends a CALL by `call`; `null`: that station is not here. */
export function servePeer(call: (stationId: string, command: Command) => Promise<unknown> | null): http.Server {
  const server = http.createServer(async (request, response) => {
    const stationId = /^\/v1\/stations\/([^/]+)\/commands$/.exec(request.url ?? "")?.[1] ?? "";
    const command = (await json(request)) as Command;
    const answer = call(stationId, command);
    if (answer === null) response.writeHead(409).end();
    else {
      // A station that leaves meanwhile must not end the server: all others would be reset with it.
      const payload = await answer.catch(() => null);
      const status = payload === null ? 502 : 200;
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(payload));
    }
  });
  server.listen(0, "127.0.0.1", () => {
    serve({ port: (server.address() as AddressInfo).port, apiKey: "" }, () => undefined);
  });
  return server;
}
