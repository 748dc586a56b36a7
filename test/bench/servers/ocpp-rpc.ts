/**
 * What one would write today: an `ocpp-rpc` server with an HTTP route in front that calls a station.
 * Must not know what is measured.
 */
import { RPCServer } from "ocpp-rpc";
import { servePeer } from "./serve.ts";

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

const server = servePeer((stationId, { action, payload }) => stations.get(stationId)?.call(action, payload) ?? null);
server.on("upgrade", rpc.handleUpgrade);
