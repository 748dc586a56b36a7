/**
 * A CSMS that decides at once: `ocpp-rpc`'s server at `/ocpp`, and the same answers over HTTP at `/csms`, as `CSMS_URL` asks for them.
 * Must not know what is measured, nor which of the two is.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { RPCServer } from "ocpp-rpc";
import { edgeAnswer, standaloneAnswer } from "../../../src/ocpp/built-in-answers.ts";
import type { Payload } from "../../../src/ocpp/message.ts";
import { serve } from "./serve.ts";

/** The part of the package's own type that is used: it exports none. */
interface RPCServerClient {
  handle(handler: (call: { method: string; params: Payload }) => Payload): void;
}

/** s; nothing that is measured is a Heartbeat. */
const HEARTBEAT_INTERVAL_SECONDS = 3_600;
let transactions = 0;

function answer(action: string, payload: Payload): Payload {
  const now = Date.now();
  const decided = standaloneAnswer("ocpp1.6", action, payload, {
    ...{ authorization: "Accepted", heartbeatIntervalSeconds: HEARTBEAT_INTERVAL_SECONDS, now },
    transactionId: action === "StartTransaction" ? ++transactions : 0,
  });
  return decided ?? edgeAnswer(action, now);
}

const rpc = new RPCServer({ protocols: ["ocpp1.6"] });
rpc.on("client", (station: RPCServerClient) => {
  station.handle(({ method, params }) => answer(method, params));
});

const server = http.createServer(async (request, response) => {
  const { action, payload } = (await json(request)) as { action: string; payload: Payload };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ payload: answer(action, payload) }));
});
server.on("upgrade", rpc.handleUpgrade);
server.listen(0, "127.0.0.1", () => {
  serve({ port: (server.address() as AddressInfo).port, apiKey: "" }, () => undefined);
});
