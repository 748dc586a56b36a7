import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { expectRefusal } from "../support/problems.ts";
import { TestStation } from "../support/test-station.ts";
import { certificateOf, over } from "../support/transports.ts";

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  [kerbside, receiver] = await Promise.all([startKerbside(), HttpPeer.start()]);
  await kerbside.api("PUT", "/v1/webhooks/security", { url: receiver.url, secret: SECRET, types: ["ocpp.security"] });
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), receiver?.stop()]);
});

const bare = (text: string) => text.replaceAll(":", "").toLowerCase();
const connect = (id: string, socket: object) => TestStation.connect(over(kerbside, "mtls", id, { socket }));
const revoke = (body: object) => kerbside.api("POST", "/v1/revocations", body);

/** Its connection, its leaf, and what it connects with. */
async function connected(id: string) {
  await kerbside.register(id, { securityProfile: 3 });
  const certificate = await certificateOf(kerbside, id);
  const station = await connect(id, certificate);
  const listed = async () => (await kerbside.api("GET", `/v1/stations?q=${id}&online=true`)).body.stations.length === 1;
  await until("the directory knows it", listed);
  return { station, certificate, leaf: new X509Certificate(certificate.cert) };
}

/** Of the station CA, as the edge sees it. */
function keyIdOf(leaf: X509Certificate): string {
  // [RFC 5280 §4.2.1.1] 06 03 55 1d 23: authorityKeyIdentifier, whose first element [0] has it.
  const der = leaf.raw;
  const at = der.indexOf(Buffer.from("0603551d23", "hex"));
  const tag = der.indexOf(0x80, at + 5);
  const length = der[tag + 1] ?? 0;
  return der.subarray(tag + 2, tag + 2 + length).toString("hex");
}

describe("A certificate that is revoked", () => {
  test("by its fingerprint closes what it let in, with an event, and lets nobody in again", async () => {
    const { station, certificate, leaf } = await connected("REVOKED-1");
    const other = await connected("KEPT-1");
    const { status, body } = await revoke({ fingerprint: leaf.fingerprint256, reason: "keyCompromise" });
    expect([status, body]).toEqual([
      201,
      { fingerprint: bare(leaf.fingerprint256), reason: "keyCompromise", revoked: true },
    ]);
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    const told = () => eventsOf(receiver).filter(({ subject }) => subject === "REVOKED-1");
    await until("the event", () =>
      told().some(({ data }) => data.kind === "certificate-revoked" && data.live === true),
    );
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "REVOKED-1", { socket: certificate })), "forbidden");
    expect((await other.station.call("Heartbeat"))[0]).toBe(3);
  });

  test("by its issuer's key and number, however these are written, does the same", async () => {
    const { station, certificate, leaf } = await connected("REVOKED-2");
    const issuer = keyIdOf(leaf)
      .toUpperCase()
      .replaceAll(/(..)(?=.)/g, "$1:");
    const { status } = await revoke({ issuer, serialNumber: `00${leaf.serialNumber}` });
    expect(status).toBe(201);
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "REVOKED-2", { socket: certificate })), "forbidden");
    // Another certificate of the same station is another one.
    const anew = await connect("REVOKED-2", await certificateOf(kerbside, "REVOKED-2"));
    expect((await anew.call("Heartbeat"))[0]).toBe(3);
  });

  test("is listed with who told it, and told again it is the same", async () => {
    const fingerprint = "ab".repeat(32);
    expect((await revoke({ fingerprint })).status).toBe(201);
    expect((await revoke({ fingerprint, reason: "superseded" })).status).toBe(200);
    const first = await kerbside.api("GET", "/v1/revocations?limit=1");
    expect(first.body.revocations).toMatchObject([{ fingerprint, reason: "unspecified", actor: "development" }]);
    const next = await kerbside.api("GET", `/v1/revocations?limit=500&cursor=${first.body.cursor}`);
    expect(next.body.revocations.map((each: { fingerprint: string }) => each.fingerprint)).not.toContain(fingerprint);
    expect(next.body.cursor).toBeNull();
    expect((await kerbside.api("GET", "/v1/revocations?cursor=nonsense")).status).toBe(422);
    for (const body of [{}, { fingerprint: "12" }, { issuer: "ab" }, { fingerprint, issuer: "ab", serialNumber: "1" }])
      expect((await revoke(body)).status).toBe(422);
  });
});
