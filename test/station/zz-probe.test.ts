import { expect, test } from "vitest";
import { HttpPeer, SECRET } from "../support/http-peers.ts";
import { startKerbside } from "../support/kerbside.ts";
const START = { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: "2026-11-20T12:00:00.000Z" };
test("p", async () => {
  let t = Date.now();
  const lap = (what: string) => { console.log(what, Date.now() - t); t = Date.now(); };
  const k = await startKerbside(); lap("start");
  const r = await HttpPeer.start();
  await k.api("PUT", "/v1/webhooks/all", { url: r.url, secret: SECRET, types: ["ocpp.call"] }); lap("hook");

  let s = await k.station("A"); lap("connect");
  await s.call("StartTransaction", START); lap("call");
  await k.edge.evict("A"); lap("evict");
  await s.call("StartTransaction", {...START, meterStart: 2}); lap("call");
  s = await k.station("A"); lap("connect");
  await s.call("StartTransaction", {...START, meterStart: 3}); lap("call");
  await k.edge.evict("A", { webSockets: "close" }); lap("evict close");
  console.log(await s.closed); lap("closed");
  s = await k.station("A"); lap("connect");
  await s.call("StartTransaction", {...START, meterStart: 4}); lap("call");
  console.log(r.requests.length);await k.stop(); lap("stop");
  expect(1).toBe(1);
}, 60000);
