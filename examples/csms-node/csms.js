/**
 * A small CSMS on Kerbside's client: says who may charge, numbers transactions, and starts, stops and resets on request.
 *
 *   KERBSIDE_URL, KERBSIDE_KEY   the edge and a key of it
 *   SECRET                       whsec_…: CSMS_SECRET of the edge, and of the webhook that is made here
 *   PORT                         where this listens (9000)
 */
import http from "node:http";
import { csmsHandler, Kerbside, nodeListener, webhookHandler } from "kerbside";

const { KERBSIDE_URL = "http://localhost:8080", KERBSIDE_KEY = "", SECRET = "", PORT = "9000" } = process.env;
const kerbside = new Kerbside({ url: KERBSIDE_URL, key: KERBSIDE_KEY });

/** Who may charge. */
const tags = new Set(["TAG-1", "TAG-2"]);
/**
 * What is being charged, by station. A CSMS in earnest has a database here.
 * @type {Map<string, { transactionId: number, idTag: string, meterStart: number }>}
 */
const charging = new Map();
let transactions = 0;

/** @param {string} idTag @returns {{ status: "Accepted" | "Invalid" }} */
const verdict = (idTag) => ({ status: tags.has(idTag) ? "Accepted" : "Invalid" });

/** What the edge asks: CSMS_URL is this server's /csms. */
const questions = csmsHandler({
  secret: SECRET,
  on: {
    "ocpp1.6": {
      BootNotification: () => ({ status: "Accepted", currentTime: new Date().toISOString(), interval: 300 }),
      Authorize: ({ idTag }) => ({ idTagInfo: verdict(idTag) }),
      StartTransaction: ({ idTag, meterStart }, { stationId }) => {
        const idTagInfo = verdict(idTag);
        const transactionId = ++transactions;
        if (idTagInfo.status === "Accepted") charging.set(stationId, { transactionId, idTag, meterStart });
        return { transactionId, idTagInfo };
      },
      StopTransaction: ({ transactionId, meterStop }, { stationId }) => {
        const open = charging.get(stationId);
        if (open?.transactionId === transactionId) {
          charging.delete(stationId);
          console.log(`${stationId}: ${open.idTag} charged ${meterStop - open.meterStart} Wh`);
        }
        return {};
      },
    },
  },
});

/** What the edge tells: each event once, in its station's order. */
const events = webhookHandler({
  secret: SECRET,
  on: {
    "ocpp.station.connected": ({ subject }) => console.log(`${subject}: connected`),
    "ocpp.call": ({ subject, data }) => console.log(`${subject}: ${data.action}`),
  },
});

/** What people ask of this CSMS: `POST /stations/CS001/start` (or `stop`, `reset`). @param {Request} request */
async function requests(request) {
  const [, , id = "", asked = ""] = new URL(request.url).pathname.split("/");
  const station = kerbside.station(id);
  const transactionId = charging.get(id)?.transactionId;
  if (asked === "start")
    return Response.json(
      await station.command("ocpp1.6", "RemoteStartTransaction", { idTag: "TAG-1", connectorId: 1 }),
    );
  if (asked === "stop" && transactionId !== undefined)
    return Response.json(await station.command("ocpp1.6", "RemoteStopTransaction", { transactionId }));
  if (asked === "reset") return Response.json(await station.command("ocpp1.6", "Reset", { type: "Soft" }));
  return Response.json({ error: "nothing to do" }, { status: 404 });
}

/** @param {Request} request */
const handler = (request) => {
  const { pathname } = new URL(request.url);
  return pathname === "/csms" ? questions(request) : pathname === "/events" ? events(request) : requests(request);
};
const server = http.createServer(nodeListener(handler));
server.listen(Number(PORT), "127.0.0.1", async () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await kerbside.putWebhook("csms-node", { url: `http://127.0.0.1:${port}/events`, secret: SECRET });
  console.log(`listening on ${port}`);
});
