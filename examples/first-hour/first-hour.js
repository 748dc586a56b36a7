/**
 * README's first hour as one program: the edge, a CSMS that answers and hears of everything, a station, a command. `node
 * examples/first-hour/first-hour.js` in the repository's folder.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { createInterface } from "node:readline";
import { csmsHandler, Kerbside, nodeListener, webhookHandler } from "kerbside";
import { RPCClient } from "ocpp-rpc";

const secret = `whsec_${randomBytes(24).toString("base64")}`;

// The CSMS: what stations are told, and what is heard of them.
const answers = csmsHandler({
  secret,
  on: {
    "ocpp1.6": {
      BootNotification: () => ({ status: "Accepted", currentTime: new Date().toISOString(), interval: 300 }),
      Authorize: ({ idTag }) => ({ idTagInfo: { status: idTag === "MY-TAG" ? "Accepted" : "Invalid" } }),
    },
  },
});
let hear = (_command) => {};
const heard = new Promise((resolve) => {
  hear = resolve;
});
const otherwise = ({ subject, type }) => console.log("event", subject, type);
const events = webhookHandler({ secret, otherwise, on: { "ocpp.command.completed": ({ data }) => hear(data) } });
const csms = http.createServer(nodeListener((asked) => (asked.url.endsWith("/csms") ? answers : events)(asked)));
await once(csms.listen(0, "127.0.0.1"), "listening");
const url = `http://127.0.0.1:${csms.address().port}`;

// The edge, as `npm start` runs it.
const env = { ...process.env, CSMS_URL: `${url}/csms`, CSMS_SECRET: secret };
const edge = spawn("npm", ["start"], { env, stdio: ["ignore", "pipe", "inherit"] });
let local = "";
for await (const line of createInterface(edge.stdout)) {
  local ||= /http:\/\/localhost:\d+/.exec(line)?.[0] ?? "";
  if (line === "ready") break;
}
const key = readFileSync(`${process.env.KERBSIDE_DIR ?? ".kerbside"}/api-key`, "utf8").trim();

// Subscribe, register, connect.
const kerbside = new Kerbside({ url: local, key });
await kerbside.putWebhook("first-hour", { url: `${url}/events`, secret });
await kerbside.station("CS001").register({ securityProfile: 0 });
const endpoint = `${local.replace("http", "ws")}/ocpp`;
const station = new RPCClient({ endpoint, identity: "CS001", protocols: ["ocpp1.6"] });
station.handle("Reset", () => ({ status: "Accepted" }));
await station.connect();
console.log("boot", (await station.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" })).status);
console.log("authorize", (await station.call("Authorize", { idTag: "MY-TAG" })).idTagInfo.status);

// A command, its answer, and the event that tells the same.
const reset = await kerbside.station("CS001").command("ocpp1.6", "Reset", { type: "Soft" });
console.log("reset", reset.state === "result" && reset.payload.status);
console.log("heard", (await heard).state);
await station.close();
edge.kill("SIGINT");
csms.close();
