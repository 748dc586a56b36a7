import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { signRequest } from "../../src/local/pki/certificate-signer.ts";
import { certificateRequest, subjectOf } from "../support/certificate-requests.ts";
import { type FieldOptions, FieldStation } from "../support/field-station.ts";
import { HttpPeer, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { certificateFor } from "../support/odd-subjects.ts";
import { TestStation } from "../support/test-station.ts";
import { certificateOf, over } from "../support/transports.ts";

const DAY_MS = 86_400_000;

/** As much of an answer as the edge looks at. */
const OCSP = Buffer.from("30080a010004030a0b0c", "hex");
const responder = createServer((_, response) => response.end(OCSP));
let responderUrl: string;
let kerbside: Kerbside;
let csms: HttpPeer;
/** Awaited before the issuer answers; what it gives back is said in its place. */
let issuer: (csr: string) => Promise<Response | undefined> = async () => undefined;
let signings = 0;
const stations: FieldStation[] = [];
beforeAll(async () => {
  csms = await HttpPeer.start();
  await once(responder.listen(0, "127.0.0.1"), "listening");
  responderUrl = `http://127.0.0.1:${(responder.address() as AddressInfo).port}`;
  csms.reply = ({ body }) => {
    const { action } = JSON.parse(body);
    const boot = { status: "Accepted", currentTime: new Date().toISOString(), interval: 300 };
    return { body: { payload: action === "BootNotification" ? boot : { status: "Accepted" } } };
  };
  const ISSUER = async (request: Request) => {
    const csr = await request.text();
    signings++;
    return (await issuer(csr)) ?? signRequest(kerbside.edge.pki, { url: request.url, text: async () => csr });
  };
  const entry = join(import.meta.dirname, "../support/ringing-worker.js");
  kerbside = await startKerbside(
    {
      CSMS_URL: csms.url,
      CERTIFICATE_ISSUER: "local",
      RENEW_BEFORE_DAYS: "30",
      OCSP_RELAY: new URL(responderUrl).host,
    },
    { entry, connectsPerStation: 10_000, serviceBindings: { ISSUER } as never },
  );
});
afterEach(async () => {
  issuer = async () => undefined;
  await Promise.all(stations.splice(0).map((station) => station.stop()));
  await control("clock?aheadMs=0", "none");
});
afterAll(async () => {
  await kerbside?.stop();
  await csms?.stop();
  responder.close();
});

const control = async (what: string, id: string) =>
  (await fetch(`${kerbside.edge.httpUrl}/test/${what}${what.includes("?") ? "&" : "?"}station=${id}`)).json();
const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;
const certificates = async (id: string) =>
  (await kerbside.api("GET", `/v1/stations/${id}/certificates`)).body.certificates;
const fingerprintOf = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
/** `ocpp.security` events, the oldest first. */
async function told(id: string, kind: string) {
  const { body } = await kerbside.api("GET", `/v1/stations/${id}/messages?type=ocpp.security&limit=200&after=0`);
  return body.messages
    .map(({ security }: { security: { kind: string } }) => security)
    .filter((each: { kind: string }) => each.kind === kind);
}

/** On profile 3, by a certificate whose fingerprint is the only one that its registration names. */
async function field(id: string, options: FieldOptions & { daysLeft?: number } = {}) {
  const { daysLeft = 365, ...rest } = options;
  const key = await certificateOf(kerbside, id, { now: new Date(Date.now() - (365 - daysLeft) * DAY_MS) });
  const before = fingerprintOf(key.cert);
  await kerbside.register(id, { securityProfile: 3, certificate: { fingerprints: [before] } });
  const station = new FieldStation(kerbside, id, { profile: 3, key, makesRequests: true, ...rest });
  stations.push(station);
  await station.start();
  return { station, key, before };
}

/** @param rings the clock is ahead of the platform's, which rings too late */
const usedNow = (id: string, before: string, rings = false) =>
  until(`another certificate of ${id}`, async () => {
    if (rings) await control("ring", id);
    // None while its process begins again.
    const { connection = null } = await view(id);
    return connection !== null && connection.certificate.fingerprint !== before && connection.certificate.fingerprint;
  });

describe.each(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const)("A station that speaks %s", (protocol) => {
  test("gets the certificate that it asks for and comes back by it, whatever crashes between any two steps", async () => {
    const id = `ISSUE-${protocol}`;
    const { station, key, before } = await field(id, { protocol });
    const sent: Record<string, unknown>[] = [];
    const crashed: string[] = [];
    const crash = async (where: string) => {
      if (crashed.includes(where)) return;
      crashed.push(where);
      const pid = kerbside.edge.workerdPid();
      // The object ends, or its process is killed.
      if (protocol === "ocpp2.1" && where === "before it is taken" && pid !== undefined) process.kill(pid, "SIGKILL");
      else await control("crash", id);
    };
    issuer = async () => {
      const isFirst = !crashed.includes("while it is signed");
      await crash("while it is signed");
      // Nobody hears the answer any more: the alarm asks again.
      if (isFirst) await control("clock?forwardMs=31000", id);
      return undefined;
    };
    station.before = async (action) => {
      if (action !== "CertificateSigned") return;
      if (crashed.includes("before it is taken")) setTimeout(() => void crash("behind its answer"), 1);
      await crash("before it is taken");
    };
    station.answer = (action, payload) => {
      if (action === "CertificateSigned") sent.push(payload);
      return undefined;
    };
    const { csr, key: newKey } = await certificateRequest(id);
    const more = protocol === "ocpp2.1" ? { requestId: 7 } : {};
    expect(await station.request(csr, newKey, more)).toEqual({ status: "Accepted" });
    await crash("behind the answer");
    // It may have been asked for by then.
    await control("clock?forwardMs=31000", id);

    const fingerprint = await usedNow(id, before, true);
    expect(crashed.length).toBeGreaterThanOrEqual(3);
    const chain = String(sent.at(-1)?.certificateChain);
    expect(fingerprintOf(chain)).toBe(fingerprint);
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(sent.at(-1)).toEqual({
      certificateChain: chain,
      ...(protocol !== "ocpp1.6" && { certificateType: "ChargingStationCertificate" }),
      ...more,
    });
    // The one before counts no longer, and who says it again names its successor.
    const refusal = await TestStation.refused(over(kerbside, "mtls", id, { socket: key }));
    expect(refusal.status).toBe(403);
    await kerbside.register(id, { securityProfile: 3, certificate: { fingerprints: [before] } });
    expect((await view(id)).certificate.fingerprints).toEqual([fingerprint]);
    expect(await certificates(id)).toMatchObject([
      { fingerprint, state: "in-use", issuedBy: "local", subject: `O=Operator,CN=${id}` },
      { fingerprint: before, state: "retired", issuedBy: null },
    ]);
    await until("its events", async () => (await told(id, "certificate-retired")).length > 0);
    expect(await told(id, "certificate-retired")).toMatchObject([{ fingerprint: before, usedNow: fingerprint }]);
    // Patience alone is asked for, while a process begins again.
    expect(station.refusals.filter((each) => !/Service Unavailable|Bad Gateway/.test(each))).toEqual([]);
  });
});

/** One that does nothing by itself but to ask. */
async function asks(id: string, options: FieldOptions = {}) {
  const found = await field(id, { makesRequests: false, ...options });
  const request = async (more: Parameters<typeof certificateRequest>[1] = {}, payload: object = {}) =>
    found.station.request((await certificateRequest(id, more)).csr, undefined, payload);
  return { ...found, request };
}

describe("A request", () => {
  test("that is wrong is Rejected at once, with an event that names what is wrong, and no issuer hears of it", async () => {
    const { request, before } = await asks("WRONG");
    const asked = signings;
    const subject = subjectOf("ANOTHER");
    expect(await request({ subject })).toEqual({ status: "Rejected" });
    await until("its event", async () => (await told("WRONG", "certificate-request-refused")).length > 0);
    expect(await told("WRONG", "certificate-request-refused")).toMatchObject([
      { reason: "its common name is not this station's", suppressedBefore: 0 },
    ]);
    expect([signings, (await certificates("WRONG")).length]).toEqual([asked, 1]);
    expect((await view("WRONG")).connection.certificate.fingerprint).toBe(before);
  });

  test("that is refused again is told of where its reason is another one, and counted each time", async () => {
    const count = async () => {
      const { body } = await kerbside.api("GET", "/metrics");
      const line = /certificate_events_total\{event="certificate-request-refused",security_profile="3"\} (\d+)/;
      return Number(line.exec(body)?.[1] ?? 0);
    };
    const { station, request } = await asks("AGAIN", { protocol: "ocpp2.1" });
    const faults = [
      { subject: subjectOf("ANOTHER") },
      { kind: "P-521" },
      { subject: subjectOf("ANOTHER") },
      { hash: "sha1" },
      { kind: "P-521" },
      { kind: "P-224" },
      { version: 1 },
    ] as const;
    for (const fault of faults) expect(await request(fault)).toEqual({ status: "Rejected" });
    await station.stop();
    await until("its events", async () => (await told("AGAIN", "certificate-request-refused")).length === 4);
    const events = await told("AGAIN", "certificate-request-refused");
    const reasons = [/common name is not/, /P-521/, /own signature/, /too weak/];
    for (const [index, reason] of reasons.entries()) expect(events[index].reason).toMatch(reason);
    expect(events.map(({ suppressedBefore }: { suppressedBefore: number }) => suppressedBefore)).toEqual([0, 0, 1, 1]);
    await until("all to be counted", async () => (await count()) >= faults.length);
  });

  test("for a car's certificate is the CSMS's, whatever it holds", async () => {
    const { station } = await asks("V2G", { protocol: "ocpp2.0.1" });
    expect(await station.request("what it likes", undefined, { certificateType: "V2GCertificate" })).toEqual({
      status: "Accepted",
    });
    const { action, payload } = JSON.parse(csms.requests.at(-1)?.body ?? "{}");
    expect([action, payload.csr]).toEqual(["SignCertificate", "what it likes"]);
  });

  test("gives way to a newer one, though the older one is being signed", async () => {
    const { station } = await field("NEWER");
    const first = await certificateRequest("NEWER");
    const second = await certificateRequest("NEWER");
    const { promise: isOver, resolve: goOn } = Promise.withResolvers<void>();
    issuer = async (csr) => {
      if (csr === first.csr) await isOver;
      return undefined;
    };
    const before = signings;
    await station.request(first.csr, first.key);
    await until("the first one's signing", () => signings > before);
    await station.request(second.csr, second.key);
    await until("the second one's command", () => station.asked.includes("CertificateSigned"));
    goOn();
    await usedNow("NEWER", (await certificates("NEWER")).at(-1).fingerprint);
    expect(station.asked.filter((action) => action === "CertificateSigned")).toHaveLength(1);
    expect((await certificates("NEWER")).map(({ state }: { state: string }) => state)).toEqual(["in-use", "retired"]);
  });

  test("is nobody's where the station was deregistered meanwhile, and its successor gets nothing of it", async () => {
    const { station } = await asks("GONE");
    const { csr } = await certificateRequest("GONE");
    const { promise: isOver, resolve: goOn } = Promise.withResolvers<void>();
    issuer = async () => {
      await isOver;
      return undefined;
    };
    const before = signings;
    await station.request(csr);
    await until("its signing", () => signings > before);
    expect((await kerbside.api("DELETE", "/v1/stations/GONE")).status).toBe(204);
    await kerbside.register("GONE", { securityProfile: 3 });
    goOn();
    await until("it to be back", async () => (await view("GONE")).online);
    expect((await certificates("GONE")).map(({ issuedBy }: { issuedBy: unknown }) => issuedBy)).toEqual([null]);
    expect((await kerbside.api("GET", "/v1/stations/GONE/commands")).body.commands).toEqual([]);
  });

  test("is tried again where the issuer is away, given up where that says no, and told of either way", async () => {
    const { request } = await asks("PATIENT");
    const answers = [new Response("busy", { status: 503 }), new Response("none of ours", { status: 400 })];
    issuer = async () => answers.shift();
    await request();
    await until("the second answer", async () => {
      await control("clock?forwardMs=6000", "PATIENT");
      await control("ring", "PATIENT");
      return (await told("PATIENT", "certificate-issue-failed")).length > 0;
    });
    expect(await told("PATIENT", "certificate-issue-failed")).toMatchObject([
      { reason: "the issuer answered 400: none of ours" },
    ]);
  });

  test("whose certificate is another's is answered with none: what an issuer gives is judged too", async () => {
    const { request } = await asks("FOREIGN");
    const other = await certificateRequest("OTHER");
    issuer = async () => signRequest(kerbside.edge.pki, { url: "https://issuer/", text: async () => other.csr });
    await request();
    await until("its event", async () => (await told("FOREIGN", "certificate-issue-failed")).length > 0);
    expect((await told("FOREIGN", "certificate-issue-failed"))[0].reason).toMatch(/no certificate for the key/);
  });

  test("of a station that is off by then is brought to it when it comes, and one that it refuses does not count", async () => {
    const { station, request, before } = await asks("LATER", { protocol: "ocpp2.1" });
    const { promise: isOff, resolve: goOn } = Promise.withResolvers<void>();
    issuer = async () => {
      await isOff;
      return undefined;
    };
    station.answer = (action) =>
      action === "CertificateSigned"
        ? { status: "Rejected", statusInfo: { reasonCode: "InvalidCertificate" } }
        : undefined;
    await request({}, { requestId: 3 });
    station.off();
    await until("it to be off", async () => !(await view("LATER")).online);
    goOn();
    await until("its command", async () => (await view("LATER")).queue.commands === 1);
    expect((await certificates("LATER"))[0].state).toBe("issued");
    await kerbside.edge.evict("LATER");
    station.on();
    await until("its event", async () => (await told("LATER", "certificate-not-taken")).length > 0);
    expect((await told("LATER", "certificate-not-taken"))[0].reason).toBe(
      "the station said Rejected (InvalidCertificate)",
    );
    expect((await certificates("LATER")).map(({ state }: { state: string }) => state)).toEqual(["refused", "in-use"]);
    expect((await view("LATER")).certificate.fingerprints).toEqual([before]);
  });

  test("that comes too often is Rejected: a CA signs for all", async () => {
    const { request } = await asks("OFTEN");
    for (let count = 1; count <= 12; count++) {
      expect(await request()).toEqual({ status: "Accepted" });
      await until(`the certificate ${count}`, async () => (await certificates("OFTEN")).length === count + 1);
    }
    expect(await request()).toEqual({ status: "Rejected" });
    await until("its event", async () => (await told("OFTEN", "certificate-request-refused")).length > 0);
    expect((await told("OFTEN", "certificate-request-refused"))[0].reason).toMatch(/12 certificates were issued/);
  });
});

test("A car's certificate is looked up where the station says, if the deployment allows that host, and else by the CSMS", async () => {
  const { station } = await asks("OCSP", { protocol: "ocpp2.0.1" });
  const hex = "ab".repeat(32);
  const ocspRequestData = { hashAlgorithm: "SHA256", issuerNameHash: hex, issuerKeyHash: hex, serialNumber: "1f" };
  const ask = (responderURL: string) =>
    station.call("GetCertificateStatus", { ocspRequestData: { ...ocspRequestData, responderURL } });
  expect(await ask(`${responderUrl}/ocsp`)).toEqual({ status: "Accepted", ocspResult: OCSP.toString("base64") });
  csms.requests.splice(0);
  expect(await ask("http://169.254.169.254/ocsp")).toEqual({ status: "Accepted" });
  expect(csms.requests.map(({ body }) => JSON.parse(body).action)).toEqual(["GetCertificateStatus"]);
});

describe("A certificate that a backend brings", () => {
  test("counts beside the one that the registration names, once the station has taken it", async () => {
    const { station, before } = await field("BROUGHT", { makesRequests: false });
    station.newKey = await certificateOf(kerbside, "BROUGHT");
    const { body } = await kerbside.command("BROUGHT", "CertificateSigned", { certificateChain: station.newKey.cert });
    expect(body.payload).toEqual({ status: "Accepted" });
    await until("it to be known", async () => (await certificates("BROUGHT")).length === 2);
    expect((await certificates("BROUGHT"))[0]).toMatchObject({ state: "issued", issuedBy: "csms" });
    station.drop();
    await usedNow("BROUGHT", before);
    expect((await certificates("BROUGHT")).map(({ state }: { state: string }) => state)).toEqual(["in-use", "retired"]);
  });

  test("counts also where its answer was lost: the station may have it, and is not locked out", async () => {
    const { station, before } = await field("ANSWER-LOST", { makesRequests: false });
    station.newKey = await certificateOf(kerbside, "ANSWER-LOST");
    station.before = async (action) => {
      if (action === "CertificateSigned") station.drop();
    };
    const certificateChain = station.newKey.cert;
    const { status } = await kerbside.command("ANSWER-LOST", "CertificateSigned", { certificateChain });
    expect(status).toBe(504);
    expect(await usedNow("ANSWER-LOST", before)).toBe(fingerprintOf(certificateChain));
    await until("the one before to be retired", async () => (await certificates("ANSWER-LOST"))[1].state === "retired");
    expect((await certificates("ANSWER-LOST"))[0]).toMatchObject({ state: "in-use", issuedBy: "csms" });
  });

  test("counts also where it is to be said again since its answer was lost: the station may come back by it", async () => {
    const { station, before } = await field("AGAIN-SAID", { makesRequests: false });
    station.newKey = await certificateOf(kerbside, "AGAIN-SAID");
    let times = 0;
    station.before = async (action) => {
      if (action === "CertificateSigned" && times++ === 0) station.drop();
    };
    const certificateChain = station.newKey.cert;
    const more = { expiresInSeconds: 3_600, retry: "always" };
    await kerbside.command("AGAIN-SAID", "CertificateSigned", { certificateChain }, more);
    expect(await usedNow("AGAIN-SAID", before)).toBe(fingerprintOf(certificateChain));
    await until("it to be said again", () => times === 2);
    await until("all to be known", async () => (await certificates("AGAIN-SAID"))[1].state === "retired");
    expect((await certificates("AGAIN-SAID"))[0]).toMatchObject({ state: "in-use", issuedBy: "csms" });
  });

  test("that the station refuses counts no longer, and one of which its answer came late does as that says", async () => {
    const { station, before, key } = await field("SAYS-NO", { makesRequests: false });
    station.answer = (action) => (action === "CertificateSigned" ? { status: "Rejected" } : undefined);
    const next = await certificateOf(kerbside, "SAYS-NO");
    const { promise: isLate, resolve: goOn } = Promise.withResolvers<void>();
    station.before = () => isLate;
    const payload = { certificateChain: next.cert };
    const more = { timeoutSeconds: 1 };
    expect((await kerbside.command("SAYS-NO", "CertificateSigned", payload, more)).status).toBe(504);
    await until("it to count", async () => (await certificates("SAYS-NO"))[0].state === "issued");
    goOn();
    await until("its refusal", async () => (await certificates("SAYS-NO"))[0].state === "refused");
    const refusal = await TestStation.refused(over(kerbside, "mtls", "SAYS-NO", { socket: next }));
    expect([refusal.status, (await view("SAYS-NO")).certificate.fingerprints]).toEqual([403, [before]]);
    station.off();
    await (await TestStation.connect(over(kerbside, "mtls", "SAYS-NO", { socket: key }))).close();
  });

  test("counts in whichever place of its chain it is, which 1.6 leaves open", async () => {
    const { station, before } = await field("CA-FIRST", { makesRequests: false });
    station.newKey = await certificateOf(kerbside, "CA-FIRST");
    const fingerprint = fingerprintOf(station.newKey.cert);
    const [leaf, ca] = station.newKey.cert.split(/(?<=END CERTIFICATE-----\n)/);
    await kerbside.command("CA-FIRST", "CertificateSigned", { certificateChain: `${ca}${leaf}` });
    await until("it to be known", async () => (await certificates("CA-FIRST")).length === 2);
    expect((await certificates("CA-FIRST")).map((each: { fingerprint: string }) => each.fingerprint)).toEqual([
      ...[fingerprint, before],
    ]);
  });

  test("counts also where its subject has what no request may have: the CA's word on that is the backend's affair", async () => {
    const { station, before } = await field("ODD-NAME", { makesRequests: false });
    station.newKey = await certificateFor(kerbside, [{ "2.5.4.46": ["7"] }, { CN: ["ODD-NAME"] }]);
    await kerbside.command("ODD-NAME", "CertificateSigned", { certificateChain: station.newKey.cert });
    await until("it to be known", async () => (await certificates("ODD-NAME")).length === 2);
    station.drop();
    expect(await usedNow("ODD-NAME", before)).toBe(fingerprintOf(station.newKey.cert));
  });

  test("is known also of a station that has none yet", async () => {
    const password = "correct horse battery";
    await kerbside.register("FIRST-ONE", { securityProfile: 2, password });
    const station = new FieldStation(kerbside, "FIRST-ONE", { profile: 2, password });
    stations.push(station);
    await station.start();
    const { cert } = await certificateOf(kerbside, "FIRST-ONE");
    await kerbside.command("FIRST-ONE", "CertificateSigned", { certificateChain: cert });
    await until("it to be known", async () => (await certificates("FIRST-ONE")).length === 1);
    expect(await certificates("FIRST-ONE")).toMatchObject([{ state: "issued", issuedBy: "csms", firstUsedAt: null }]);
  });

  test("is one of several: what was never used is no former one, and what gave way says when", async () => {
    const { station, key } = await field("SEVERAL", { makesRequests: false });
    const all = [];
    for (let count = 0; count < 6; count++) {
      const one = await certificateOf(kerbside, "SEVERAL");
      all.push(one);
      await kerbside.command("SEVERAL", "CertificateSigned", { certificateChain: one.cert });
    }
    const states = async () => (await certificates("SEVERAL")).map(({ state }: { state: string }) => state);
    await until("the last to be known", async () => (await states()).length === 7);
    // Of so many that were never used the four newest count.
    expect(await states()).toEqual([...Array(4).fill("issued"), "retired", "retired", "in-use"]);
    await station.stop();
    const [first, , third, fourth] = all as [typeof key, typeof key, typeof key, typeof key];
    for (const [socket, isIn] of [
      [first, false],
      [fourth, true],
      [third, false],
      [key, false],
    ] as const) {
      const options = over(kerbside, "mtls", "SEVERAL", { socket });
      if (isIn) await (await TestStation.connect(options)).close();
      else expect((await TestStation.refused(options)).status).toBe(403);
    }
    expect(await states()).toEqual(["issued", "issued", "in-use", ...Array(4).fill("retired")]);
    const retiredOnes = [third, key].map(({ cert }) => fingerprintOf(cert)).sort();
    const at = (await certificates("SEVERAL")).filter(({ retiredAt }: { retiredAt: unknown }) => retiredAt !== null);
    expect(at.map(({ fingerprint }: { fingerprint: string }) => fingerprint).sort()).toEqual(retiredOnes);
    const events = await told("SEVERAL", "certificate-retired");
    expect(events.map(({ fingerprint }: { fingerprint: string }) => fingerprint).sort()).toEqual(retiredOnes);
  });
});

describe("A security upgrade to profile 3", () => {
  test("has the certificate issued here, also where the registration names another one", async () => {
    const password = "correct horse battery";
    const certificate = { fingerprints: ["0".repeat(64)] };
    await kerbside.register("RISES", { securityProfile: 2, password, certificate });
    const station = new FieldStation(kerbside, "RISES", { profile: 2, password, makesRequests: true });
    stations.push(station);
    await station.start();
    expect((await kerbside.api("POST", "/v1/stations/RISES/security-upgrade", { to: 3 })).status).toBe(202);
    const path = "/v1/stations/RISES/security-upgrade";
    await until("its end", async () => (await kerbside.api("GET", path)).body.state === "done");
    expect(await view("RISES")).toMatchObject({ securityProfile: 3, connection: { securityProfile: 3 } });
  });
});

describe("The end of a certificate", () => {
  test("is told of once for each of 30, 14, 7 and 1 days, also while the station is off", async () => {
    const { station } = await field("ENDS", { daysLeft: 20, makesRequests: false });
    station.answer = (action) => (/Trigger/.test(action) ? { status: "Rejected" } : undefined);
    const days = async (): Promise<number[]> =>
      (await told("ENDS", "certificate-expires")).map(({ daysLeft }: { daysLeft: number }) => daysLeft);
    await until("the first", async () => (await days()).length === 1);
    station.off();
    await until("it to be off", async () => !(await view("ENDS")).online);
    for (const [index, forward] of [1, 5, 7, 6].entries()) {
      await control(`clock?forwardMs=${forward * DAY_MS}`, "ENDS");
      await control("ring", "ENDS");
      await control("ring", "ENDS");
      expect(await days()).toHaveLength([1, 2, 3, 4][index] ?? 0);
    }
    expect(await days()).toEqual([19, 13, 6, 0]);
    await control("clock?forwardMs=86400000", "ENDS");
    await control("ring", "ENDS");
    expect((await certificates("ENDS"))[0].state).toBe("expired");
    expect(await days()).toHaveLength(4);
  });
});

test("A station that goes to and fro between two certificates is told of each end once", async () => {
  const [one, other] = await Promise.all(
    [5, 3].map((left) => certificateOf(kerbside, "TWO", { now: new Date(Date.now() - (365 - left) * DAY_MS) })),
  );
  await kerbside.register("TWO", { securityProfile: 3 });
  for (const socket of [one, other, one, other]) {
    const station = await TestStation.connect(over(kerbside, "mtls", "TWO", { socket: socket as object }));
    await control("ring", "TWO");
    station.kill();
  }
  expect(await told("TWO", "certificate-expires")).toHaveLength(2);
  expect(await told("TWO", "certificate-retired")).toEqual([]);
  expect((await certificates("TWO")).map(({ state }: { state: string }) => state)).toEqual(["in-use", "former"]);
});

test("A socket that an older release let in, and no deploy has cut, has its certificate looked after", async () => {
  const { before } = await field("STAYS", { daysLeft: 10, makesRequests: false });
  await until("its event", async () => (await told("STAYS", "certificate-expires")).length === 1);
  await control("lose-certificates", "STAYS");
  await kerbside.edge.evict("STAYS");
  expect(await certificates("STAYS")).toEqual([]);
  await control("ring", "STAYS");
  expect(await certificates("STAYS")).toMatchObject([{ fingerprint: before, subject: null, state: "in-use" }]);
  await control("ring", "STAYS");
  expect(await told("STAYS", "certificate-expires")).toHaveLength(2);
});

describe("The renewal of a certificate", () => {
  test("is asked for by the station's alarm, and done by the station", async () => {
    const { station, before } = await field("RENEWS", { daysLeft: 20 });
    await control(`clock?forwardMs=${15 * DAY_MS}`, "RENEWS");
    const fingerprint = await usedNow("RENEWS", before, true);
    expect(station.asked.filter((action) => action !== "TriggerMessage")).toEqual([
      "ExtendedTriggerMessage",
      "CertificateSigned",
    ]);
    expect((await certificates("RENEWS"))[0]).toMatchObject({ fingerprint, state: "in-use" });
  });

  test("waits for a station that is off, and where it fails that is told before the end, and asked again", async () => {
    const { station } = await field("FAILS", { daysLeft: 20, protocol: "ocpp2.0.1", makesRequests: false });
    station.answer = (action, { requestedMessage }) =>
      action === "TriggerMessage" && /Sign/.test(requestedMessage) ? { status: "Rejected" } : undefined;
    station.off();
    await until("it to be off", async () => !(await view("FAILS")).online);
    await control(`clock?forwardMs=${14 * DAY_MS}`, "FAILS");
    await control("ring", "FAILS");
    expect(station.asked).toEqual([]);
    station.on();
    await until("its failure", async () => {
      await control("ring", "FAILS");
      return (await told("FAILS", "certificate-renewal-failed")).length > 0;
    });
    expect((await told("FAILS", "certificate-renewal-failed"))[0]).toMatchObject({
      ...{ reason: "the station said Rejected", asks: 1 },
    });
    station.answer = () => undefined;
    await until("the second time", async () => {
      await control(`clock?forwardMs=${DAY_MS / 2}`, "FAILS");
      await control("ring", "FAILS");
      return station.asked.length > 1;
    });
    const { body } = await kerbside.api("GET", "/metrics");
    expect(body).toMatch(/kerbside_certificate_events_total\{event="certificate-issued",security_profile="3"\} [1-9]/);
  });
});
