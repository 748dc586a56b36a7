/**
 * What one would write today: an `ocpp-rpc` server with an HTTP route in front that calls a station.
 * Must not know what is measured.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { RPCServer } from "ocpp-rpc";
import { commandedStation, serve } from "./serve.ts";

/** The part of the package's own type that is used: it exports none. */
interface RPCServerClient {
  identity: string;
  handle(method: string, handler: () => object): void;
  call(method: string, params: unknown): Promise<unknown>;
  once(event: "disconnect", listener: () => void): void;
}

const stations = new Map<string, RPCServerClient>();
const rpc = new RPCServer({ protocols: ["ocpp1.6"] });
rpc.on("client", (station: RPCServerClient) => {
  stations.set(station.identity, station);
  station.handle("BootNotification", () => ({
    status: "Accepted",
    interval: 300,
    currentTime: new Date().toISOString(),
  }));
  station.handle("Heartbeat", () => ({ currentTime: new Date().toISOString() }));
  station.handle("StatusNotification", () => ({}));
  station.once("disconnect", () => stations.delete(station.identity));
});

const server = http.createServer(async (request, response) => {
  const station = stations.get(commandedStation(request.url) ?? "");
  if (station === undefined) {
    response.writeHead(409).end();
    return;
  }
  const { action, payload } = (await json(request)) as { action: string; payload: unknown };
  const answer = await station.call(action, payload);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
});
server.on("upgrade", rpc.handleUpgrade);
server.listen(0, "127.0.0.1", () => {
  serve({ port: (server.address() as AddressInfo).port, apiKey: "" }, () => undefined);
});
