import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { expectRefusal, type REFUSALS } from "../support/problems.ts";
import { basic, rawUpgrade } from "../support/raw-upgrade.ts";
import { BOOT_16, BOOT_2X, TestStation } from "../support/test-station.ts";
import { certificateOf, over, portOf, type Transport } from "../support/transports.ts";

const PASSWORD = "correct horse battery";
const WRONG = "wrong horse battery";

let kerbside: Kerbside;
beforeAll(async () => {
  kerbside = await startKerbside();
});
afterAll(() => kerbside?.stop());

const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${encodeURIComponent(id)}`)).body;

/** What a station shows: nothing, a password, or its own certificate. */
type Proof = "nothing" | "right" | "wrong" | "certificate";

async function show(id: string, transport: Transport, proof: Proof, protocols = ["ocpp1.6"]) {
  const password = { right: PASSWORD, wrong: WRONG, nothing: undefined, certificate: undefined }[proof];
  const socket = proof === "certificate" ? await certificateOf(kerbside, id) : {};
  return over(kerbside, transport, id, { protocols, socket, ...(password !== undefined && { password }) });
}

const OWN: [number, Transport, Proof][] = [
  [0, "http", "nothing"],
  [1, "http", "right"],
  [2, "tls", "right"],
  [3, "mtls", "certificate"],
];

describe.each(PROTOCOLS)("A station that speaks %s", (protocol) => {
  test.each(OWN)("is admitted on profile %i by its own transport, and works", async (profile, transport, proof) => {
    const id = `${protocol}-${profile}`;
    await kerbside.register(id, {
      securityProfile: profile,
      ...(profile === 1 || profile === 2 ? { password: PASSWORD } : {}),
    });
    const station = await TestStation.connect(await show(id, transport, proof, [protocol]));
    expect(station.socket.protocol).toBe(protocol);
    const boot = await station.call("BootNotification", protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X);
    expect(boot[2]).toMatchObject({ status: "Accepted" });
    expect(await view(id)).toMatchObject({ online: true, connection: { protocol, securityProfile: profile } });
    station.kill();
  });
});

/** Every rung of the ladder: registered profile, whether with a password, transport, proof, and what comes of it. */
type Outcome = number | keyof typeof REFUSALS;
const LADDER: [number, "password" | "no password", Transport, Proof, Outcome][] = [
  [0, "no password", "http", "nothing", 0],
  [0, "no password", "http", "wrong", 0],
  [0, "no password", "tls", "nothing", "credentials"],
  [0, "no password", "tls", "wrong", "credentials"],
  [0, "no password", "mtls", "nothing", "forbidden"],
  [0, "no password", "mtls", "certificate", 3],
  [0, "password", "http", "nothing", 0],
  [0, "password", "http", "right", 1],
  [0, "password", "http", "wrong", "credentials"],
  [0, "password", "tls", "right", 2],
  [0, "password", "tls", "wrong", "credentials"],
  [1, "password", "http", "nothing", "credentials"],
  [1, "password", "http", "right", 1],
  [1, "password", "http", "wrong", "credentials"],
  [1, "password", "tls", "nothing", "credentials"],
  [1, "password", "tls", "right", 2],
  [1, "password", "tls", "wrong", "credentials"],
  [1, "password", "mtls", "nothing", "forbidden"],
  [1, "password", "mtls", "right", "forbidden"],
  [1, "password", "mtls", "certificate", 3],
  [2, "password", "http", "nothing", "forbidden"],
  [2, "password", "http", "right", "forbidden"],
  [2, "password", "http", "wrong", "forbidden"],
  [2, "password", "tls", "right", 2],
  [2, "password", "tls", "wrong", "credentials"],
  [2, "password", "mtls", "right", "forbidden"],
  [2, "password", "mtls", "certificate", 3],
  [3, "no password", "http", "nothing", "forbidden"],
  [3, "no password", "tls", "wrong", "forbidden"],
  [3, "no password", "tls", "certificate", "credentials"],
  [3, "password", "http", "right", "forbidden"],
  [3, "password", "tls", "right", "forbidden"],
  [3, "password", "mtls", "right", "forbidden"],
  [3, "password", "mtls", "nothing", "forbidden"],
  [3, "password", "mtls", "certificate", 3],
];

test.each(LADDER)(
  "A station registered for profile %i with %s that comes over %s and shows %s meets: %s",
  async (securityProfile, password, transport, proof, outcome) => {
    const id = [securityProfile, password, transport, proof].join(" ");
    await kerbside.register(id, { securityProfile, ...(password === "password" && { password: PASSWORD }) });
    const options = await show(id, transport, proof);
    if (typeof outcome === "string") {
      expectRefusal(await TestStation.refused(options), outcome);
      expect((await view(id)).online).toBe(false);
      return;
    }
    const station = await TestStation.connect(options);
    expect((await view(id)).connection.securityProfile).toBe(outcome);
    station.kill();
  },
);

test("A registration that is raised for the next connection leaves the one that is there", async () => {
  const station = await kerbside.station(
    "RAISED",
    { user: "RAISED", password: PASSWORD },
    { securityProfile: 1, password: PASSWORD },
  );
  await kerbside.register("RAISED", { securityProfile: 2, apply: "next-connect" });
  expectRefusal(await TestStation.refused(await show("RAISED", "http", "right")), "forbidden");
  expect((await view("RAISED")).connection.securityProfile).toBe(1);
  const raised = await TestStation.connect(await show("RAISED", "tls", "right"));
  expect((await view("RAISED")).connection.securityProfile).toBe(2);
  for (const each of [station, raised]) each.kill();
});

test("A station that was admitted on a higher profile may return to the one it is registered for", async () => {
  await kerbside.register("VISITOR", { securityProfile: 1, password: PASSWORD });
  for (const [transport, proof, profile] of [
    ["mtls", "certificate", 3],
    ["http", "right", 1],
  ] as const) {
    const station = await TestStation.connect(await show("VISITOR", transport, proof));
    expect((await view("VISITOR")).connection.securityProfile).toBe(profile);
    station.kill();
  }
});

describe("A password", () => {
  const HEX = "00ff80c3a90d0af0deadbeef0123456789abcdef";
  const RAW = Buffer.from(HEX, "hex").toString("latin1");
  const utf8 = (text: string) => Buffer.from(text).toString("latin1");

  /** Registered, then the bytes the station sends (one a character), then whether that is the password. */
  test.each<[string, string, string, boolean]>([
    ["of 1.6, registered as hex and sent as the raw bytes, is the same", HEX, RAW, true],
    ["of 1.6, registered as hex and sent as hex, is the same", HEX, HEX, true],
    ["of 1.6, registered in upper case and sent in lower case, is the same", HEX.toUpperCase(), HEX, true],
    [
      "of 1.6, registered raw and sent as hex, is the same",
      "0123456789abcdeX",
      Buffer.from("0123456789abcdeX").toString("hex"),
      true,
    ],
    ["of 1.6 with one bit wrong in the raw bytes is another", HEX, `${RAW.slice(0, -1)}\xee`, false],
    ["of 1.6 with a byte missing is another", HEX, RAW.slice(0, -1), false],
    ["of 1.6 whose bytes are sent as UTF-8 is another", HEX, utf8(RAW), false],
    ["of 16 bytes is taken", "sixteen bytes ok", "sixteen bytes ok", true],
    ["of 64 bytes is taken", "x".repeat(64), "x".repeat(64), true],
    ["of 64 hex digits is taken", "0f".repeat(32), "0f".repeat(32), true],
    ["with colons is split at the first one", "a:b::c:d:e:f:g:h", "a:b::c:d:e:f:g:h", true],
    ["that begins with a colon keeps it", ":colon at the front", ":colon at the front", true],
    ["in UTF-8 is compared by its bytes", "pässwörd-ключ-鍵🔌", utf8("pässwörd-ключ-鍵🔌"), true],
    [
      "in UTF-8 is not the same in another normal form",
      "pässwörd-123456",
      utf8("pässwörd-123456".normalize("NFD")),
      false,
    ],
    ["with a space at its end is another", PASSWORD, `${PASSWORD} `, false],
    ["that is only the beginning of it is another", PASSWORD, PASSWORD.slice(0, -1), false],
    ["in upper case is another", PASSWORD, PASSWORD.toUpperCase(), false],
    ["longer than any is another", "0f".repeat(32), `${"0f".repeat(64)}0`, false],
    ["longer than a header can be compared to is another", PASSWORD, PASSWORD.repeat(300), false],
  ])("%s", async (_, registered, sent, matches) => {
    await kerbside.register("PW", { securityProfile: 1, password: registered });
    const answer = await rawUpgrade({
      port: portOf(kerbside, "http"),
      target: "/ocpp/PW",
      headers: [basic("PW", sent)],
      protocols: "ocpp1.6",
    });
    if (matches) expect(answer.status).toBe(101);
    else expectRefusal(answer, "credentials");
  });

  test.each([["basic"], ["BASIC"], ["Basic "]])("comes with the scheme in any spelling: %j", async (scheme) => {
    await kerbside.register("SCHEME", { securityProfile: 1, password: PASSWORD });
    const header = basic("SCHEME", PASSWORD).replace("Basic", scheme);
    const answer = await rawUpgrade({
      port: portOf(kerbside, "http"),
      target: "/ocpp/SCHEME",
      headers: [header],
      protocols: "ocpp1.6",
    });
    expect(answer.status).toBe(101);
  });

  test.each([
    ["without its padding", (token: string) => token.replace(/=+$/, ""), 101],
    ["with rubbish behind it", (token: string) => `${token} x`, 401],
    ["cut in the middle", (token: string) => token.slice(0, 9), 401],
    ["quoted", (token: string) => `"${token}"`, 401],
    ["of one character", () => "Q", 401],
    ["with the padding in the middle", (token: string) => `QQ==${token}`, 401],
  ])("in base64 %s is answered rightly", async (_, change, status) => {
    await kerbside.register("BASE64", { securityProfile: 1, password: PASSWORD });
    const token = Buffer.from(`BASE64:${PASSWORD}`).toString("base64");
    const headers = [`Authorization: Basic ${change(token)}`];
    const answer = await rawUpgrade({
      port: portOf(kerbside, "http"),
      target: "/ocpp/BASE64",
      headers,
      protocols: "ocpp1.6",
    });
    expect(answer.status).toBe(status);
  });

  test("with `generate` is made by the edge, shown once, and works raw and as hex", async () => {
    const put = () => kerbside.api("PUT", "/v1/stations/MADE", { securityProfile: 1, password: "generate" });
    const { status, body } = await put();
    expect(status).toBe(201);
    expect(body.password).toMatch(/^[0-9a-f]{40}$/);
    expect(JSON.stringify(await view("MADE"))).not.toContain(body.password);
    for (const password of [body.password, Buffer.from(body.password, "hex").toString("latin1")]) {
      const station = await TestStation.connect(over(kerbside, "http", "MADE", { password }));
      station.kill();
    }
    const second = (await put()).body.password;
    expect(second).not.toBe(body.password);
    expectRefusal(
      await TestStation.refused(over(kerbside, "http", "MADE", { password: body.password })),
      "credentials",
    );
    expectRefusal(await TestStation.refused(over(kerbside, "http", "MADE", { password: "generate" })), "credentials");
  });

  test("is kept by a registration without one, and replaced by one with another", async () => {
    await kerbside.register("ROTATED", { securityProfile: 1, password: PASSWORD });
    await kerbside.register("ROTATED", { securityProfile: 1, labels: { site: "north" } });
    const kept = await TestStation.connect(over(kerbside, "http", "ROTATED", { password: PASSWORD }));
    await kerbside.register("ROTATED", { securityProfile: 1, password: "another horse battery" });
    expectRefusal(await TestStation.refused(over(kerbside, "http", "ROTATED", { password: PASSWORD })), "credentials");
    kept.kill();
  });
});
