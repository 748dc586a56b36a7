import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/edge-client.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { expectRefusal } from "../support/problems.ts";
import { basic, rawUpgrade } from "../support/raw-upgrade.ts";
import { type Refused, TestStation } from "../support/test-station.ts";
import { certificateOf, over } from "../support/transports.ts";

const PASSWORD = "correct horse battery";

/** Some stations' parts are out of its reach. */
let kerbside: Kerbside;
/** With the settings of a production edge, few attempts, and one protocol fewer. */
let strict: Kerbside;
beforeAll(async () => {
  const entry = join(import.meta.dirname, "../support/unreachable-worker.js");
  const settings = { SUBPROTOCOL_MISMATCH: "close", ALLOW_PROFILE_0: "false", PROTOCOLS: "ocpp2.0.1,ocpp1.6" };
  [kerbside, strict] = await Promise.all([
    startKerbside({}, { entry }),
    startKerbside(settings, { connectsPerStation: 10 }),
  ]);
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), strict?.stop()]);
});

const connection = async (id: string, edge = kerbside) =>
  (await edge.api("GET", `/v1/stations/${encodeURIComponent(id)}`)).body.connection;

/** An upgrade on the plain port, with the target as it is. */
const knock = (target: string, headers: string[] = [], protocols = "ocpp1.6") =>
  rawUpgrade({ port: kerbside.edge.port, target, headers, protocols });

describe("A request that is no upgrade", () => {
  test("is answered 426, whether the station exists or not", async () => {
    await kerbside.register("PLAIN");
    for (const id of ["PLAIN", "NOBODY", "not%2Fone", ""]) {
      const { status, headers, text } = await ask(`${kerbside.edge.httpUrl}/ocpp/${id}`);
      expectRefusal({ status, headers, body: text }, "upgrade");
    }
  });

  test.each(["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])("is answered 426 for the method %s", async (method) => {
    const answer = await rawUpgrade({
      port: kerbside.edge.port,
      target: "/ocpp/PLAIN",
      method,
      headers: ["Content-Length: 0", "Connection: close"],
    });
    expect(answer.status).toBe(426);
  });

  test("is answered 426 where it asks for another protocol than websocket", async () => {
    const headers = { connection: "Upgrade", upgrade: "h2c" };
    expect((await ask(`${kerbside.edge.httpUrl}/ocpp/PLAIN`, { headers })).status).toBe(426);
  });
});

test.each(["/", "/v1/stations", "/healthz", "/ocpp", "/OCPP/PLAIN", "//ocpp/PLAIN", "/x/ocpp/PLAIN", "/connect"])(
  "Nothing but /ocpp/ upgrades: %s does not",
  async (target) => {
    await kerbside.register("PLAIN");
    expect([200, 401, 404]).toContain((await knock(target)).status);
    expect(await connection("PLAIN")).toBe(null);
  },
);

describe("An identity", () => {
  const legal = ["CS001", "a", "*-_=+|@.", "RDAM 123", "RDAM|123", "x".repeat(48), "...", "urn.x=1", "-"];
  test.each(legal)("of the form %j is the station's, percent-encoded or not", async (id) => {
    const station = await kerbside.station(id);
    // workerd keeps the connection below a closed socket for 10 s if nothing ever came over it.
    await station.call("Heartbeat");
    expect((await kerbside.api("GET", `/v1/stations/${encodeURIComponent(id)}`)).body.stationId).toBe(id);
    const encoded = Array.from(id, (c) => `%${c.charCodeAt(0).toString(16)}`).join("");
    const again = await TestStation.connect({ url: `ws://localhost:${kerbside.edge.port}/ocpp/${encoded}` });
    expect(await station.closed).toEqual({ code: 1008, reason: "superseded" });
    again.kill();
  });

  test.each([
    ["the 1.6 standard's example", "RDAM%20123", "RDAM 123"],
    ["the 2.1 standard's example", "RDAM%7C123", "RDAM|123"],
    ["the same in lower case", "RDAM%7c123", "RDAM|123"],
    ["a plus sign, which is no space", "RDAM+123", "RDAM+123"],
  ])("is decoded once: %s", async (_, segment, id) => {
    await kerbside.register(id);
    expect((await knock(`/ocpp/${segment}`)).status).toBe(101);
  });

  test("may have one slash more before it", async () => {
    await kerbside.register("DOUBLED");
    expect((await knock("/ocpp//DOUBLED")).status).toBe(101);
    expect((await knock("/ocpp//DOUBLED/")).status).toBe(101);
    for (const target of ["/ocpp///DOUBLED", "/ocpp//", "/ocpp//x/DOUBLED"]) {
      expectRefusal(await knock(target), "identity");
    }
  });

  test("may be followed by one slash", async () => {
    await kerbside.register("SLASHED");
    expect((await knock("/ocpp/SLASHED/")).status).toBe(101);
    expectRefusal(await knock("/ocpp/SLASHED//"), "identity");
  });

  test.each([
    ["none", ""],
    ["none but a slash", "/"],
    ["49 characters", "x".repeat(49)],
    ["48 characters and an encoded one", `${"x".repeat(48)}%78`],
    ["a further segment", "CS001/1"],
    ["the version as a segment", "ocpp1.6/CS001"],
    ["a colon", "CS:001"],
    ["a leading space", "%20CS001"],
    ["a trailing space", "CS001%20"],
    ["a broken escape", "CS%"],
    ["a broken escape in the middle", "CS%zz1"],
    ["an escape that is no UTF-8", "CS%FF"],
    ["half of a surrogate pair", "CS%ED%A0%80"],
    ["an umlaut", "CS%C3%BC"],
    ["quotes", "CS%22%27"],
    ["a tab", "CS%09"],
    ["DEL", "CS%7F"],
  ])("that is not legal is answered 400: %s", async (_, segment) => {
    expectRefusal(await knock(`/ocpp/${segment}`), "identity");
  });

  test("that nobody registered is answered 404 on every transport", async () => {
    expectRefusal(await TestStation.refused(over(kerbside, "http", "NOBODY")), "unknown");
    expectRefusal(await TestStation.refused(over(kerbside, "http", "NOBODY", { password: PASSWORD })), "unknown");
    expectRefusal(await TestStation.refused(over(kerbside, "tls", "NOBODY", { password: PASSWORD })), "unknown");
    const socket = await certificateOf(kerbside, "NOBODY");
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "NOBODY", { socket })), "unknown");
  });
});

test("A refusal waits neither for the directory nor for the queue that are to be told of it", async () => {
  await kerbside.register("UNTOLD", { securityProfile: 1, password: PASSWORD });
  for (let time = 0; time < 5; time++) {
    expectRefusal(await TestStation.refused(over(kerbside, "http", `NOBODY-${time}`)), "unknown");
    const wrong = { password: "wrong horse battery" };
    expectRefusal(await TestStation.refused(over(kerbside, "http", "UNTOLD", wrong)), "credentials");
  }
  expect((await kerbside.api("GET", "/v1/newcomers")).body).toEqual({ newcomers: [], cursor: null });
});

describe("Credentials", () => {
  beforeAll(() => kerbside.register("BASIC", { securityProfile: 1, password: PASSWORD }));

  test.each<[string, string[]]>([
    ["missing", []],
    ["of another user", [basic("OTHER", PASSWORD)]],
    ["with the wrong password", [basic("BASIC", "wrong horse battery")]],
    ["with an empty password", [basic("BASIC", "")]],
    ["with an empty user", [basic("", PASSWORD)]],
    ["without a colon", [`Authorization: Basic ${Buffer.from("BASIC").toString("base64")}`]],
    ["that are no base64", ["Authorization: Basic ~~~~"]],
    ["with nothing behind the scheme", ["Authorization: Basic"]],
    ["of another scheme", [`Authorization: Bearer ${PASSWORD}`]],
    ["of two headers", [basic("BASIC", PASSWORD), basic("BASIC", PASSWORD)]],
    ["sent as a proxy's", [basic("BASIC", PASSWORD).replace("Authorization", "Proxy-Authorization")]],
  ])("%s are answered 401, always the same", async (_, headers) => {
    expectRefusal(await knock("/ocpp/BASIC", headers), "credentials");
  });

  test("of a wrong user and of a wrong password get answers that cannot be told apart", async () => {
    const user = await knock("/ocpp/BASIC", [basic("OTHER", PASSWORD)]);
    const password = await knock("/ocpp/BASIC", [basic("BASIC", "wrong horse battery")]);
    const told = ({ headers: { "x-request-id": requestId, ...headers }, ...rest }: typeof user) => {
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      return { ...rest, headers };
    };
    expect(told(user)).toEqual(told(password));
  });

  test("in the URL's query are not looked at", async () => {
    expectRefusal(await knock(`/ocpp/BASIC?user=BASIC&password=${encodeURIComponent(PASSWORD)}`), "credentials");
  });

  test("are required of everyone where profile 0 is not allowed", async () => {
    await strict.register("BARE", { securityProfile: 0 });
    expectRefusal(await TestStation.refused(over(strict, "http", "BARE")), "credentials");
    expectRefusal(await TestStation.refused(over(strict, "http", "NOBODY")), "credentials");
    expectRefusal(await TestStation.refused(over(strict, "http", "BARE", { password: "anything" })), "forbidden");
  });
});

test("More attempts than are allowed are answered 429, and other stations still come in", async () => {
  const credentials = { password: PASSWORD };
  for (const id of ["EAGER", "CALM"]) await strict.register(id, { securityProfile: 1, ...credentials });
  let refused: Refused | undefined;
  // Two windows' worth and one: the window may end among them.
  for (let attempt = 0; attempt < 21 && refused?.status !== 429; attempt++) {
    refused = await TestStation.refused(over(strict, "http", "EAGER", { password: "wrong horse battery" }));
  }
  expectRefusal(refused as Refused, "attempts");
  const calm = await TestStation.connect(over(strict, "http", "CALM", credentials));
  calm.kill();
});

describe("A part that is out of reach", () => {
  test.each([
    ["the station's object", "UNREACHABLE"],
    ["an answer of it that makes sense", "GARBLED"],
    ["the rate limiter", "UNLIMITABLE"],
  ])("(%s) is answered 503 with Retry-After, neither as unknown nor as allowed", async (_, id) => {
    expectRefusal(await TestStation.refused(over(kerbside, "http", id)), "unreachable");
    expectRefusal(await TestStation.refused(over(kerbside, "tls", id, { password: PASSWORD })), "unreachable");
    const socket = await certificateOf(kerbside, id);
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", id, { socket })), "unreachable");
  });

  test("does not turn another refusal into a 503", async () => {
    expectRefusal(await TestStation.refused(over(kerbside, "tls", "UNREACHABLE")), "credentials");
    const socket = await certificateOf(kerbside, "UNREACHABLE", { kind: "revoked" });
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "UNREACHABLE", { socket })), "forbidden");
  });
});

test("An accepted upgrade bears the id of its request on each port, as a refused one does", async () => {
  await Promise.all([
    kerbside.register("NUMBERED"),
    strict.register("CLOSED", { securityProfile: 1, password: PASSWORD }),
  ]);
  const { port, tlsPort, mtlsPort, pki } = kerbside.edge;
  const shown = { ca: pki.rootPem, ...(await certificateOf(kerbside, "NUMBERED")) };
  const upgrade = { target: "/ocpp/NUMBERED", protocols: "ocpp1.6" };
  const answers = [
    await rawUpgrade({ ...upgrade, port }),
    await rawUpgrade({ ...upgrade, port: tlsPort, tls: { ca: pki.rootPem }, headers: [basic("NUMBERED", PASSWORD)] }),
    await rawUpgrade({ ...upgrade, port: mtlsPort, tls: shown }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([101, 401, 101]);
  const closed = { port: strict.edge.port, target: "/ocpp/CLOSED", protocols: "mqtt" };
  answers.push(await rawUpgrade({ ...closed, headers: [basic("CLOSED", PASSWORD)] }));
  await kerbside.register("NUMBERED", { securityProfile: 2, password: PASSWORD });
  answers.push(
    await rawUpgrade({ ...upgrade, port: tlsPort, tls: { ca: pki.rootPem }, headers: [basic("NUMBERED", PASSWORD)] }),
  );
  expect(answers.map(({ status }) => status)).toEqual([101, 401, 101, 101, 101]);
  const ids = answers.map(({ headers }) => headers["x-request-id"]);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(ids).size).toBe(ids.length);
});

describe("The subprotocol", () => {
  test.each([
    ["ocpp1.6", "ocpp1.6"],
    ["ocpp2.0.1", "ocpp2.0.1"],
    ["ocpp2.1", "ocpp2.1"],
    ["ocpp0.1, ocpp2.0.1", "ocpp2.0.1"],
    ["ocpp1.6, ocpp2.0.1, ocpp2.1", "ocpp1.6"],
    ["ocpp2.1,ocpp2.0.1,ocpp1.6", "ocpp2.1"],
    ["ocpp2.0,ocpp2.0.1 , ocpp1.6", "ocpp2.0.1"],
    ["ocpp1.5,ocpp1.2,,ocpp1.6", "ocpp1.6"],
  ])("of the offer %j is the first that is known: %s", async (offer, chosen) => {
    await kerbside.register("CHOICE");
    const answer = await knock("/ocpp/CHOICE", [], offer);
    expect([answer.status, answer.headers["sec-websocket-protocol"]]).toEqual([101, chosen]);
  });

  test("may be offered in several headers", async () => {
    await kerbside.register("CHOICE");
    const answer = await knock("/ocpp/CHOICE", ["Sec-WebSocket-Protocol: ocpp2.1"], "ocpp0.1");
    expect(answer.headers["sec-websocket-protocol"]).toBe("ocpp2.1");
  });

  test.each(["ocpp0.1", "OCPP1.6", "ocpp1.6j", "ocpp2.0", "mqtt", ","])(
    "that is none of them (%j) is answered 400",
    async (offer) => {
      await kerbside.register("CHOICE");
      expectRefusal(await knock("/ocpp/CHOICE", [], offer), "subprotocol");
    },
  );

  test("is one of those in the registration, in the station's order", async () => {
    await kerbside.register("TWO", { protocols: ["ocpp2.0.1", "ocpp1.6"] });
    const answer = await knock("/ocpp/TWO", [], "ocpp2.1, ocpp1.6, ocpp2.0.1");
    expect(answer.headers["sec-websocket-protocol"]).toBe("ocpp1.6");
    expectRefusal(await knock("/ocpp/TWO", [], "ocpp2.1"), "subprotocol");
  });

  test("is told only to who has proved itself", async () => {
    await kerbside.register("SHY", { securityProfile: 1, password: PASSWORD });
    expectRefusal(await knock("/ocpp/SHY", [], "mqtt"), "credentials");
    expectRefusal(await knock("/ocpp/SHY", [basic("SHY", PASSWORD)], "mqtt"), "subprotocol");
  });

  test("is not guessed where a station offers none", async () => {
    const none = { port: kerbside.edge.port, target: "/ocpp/SILENT" };
    for (const registration of [{}, { protocols: ["ocpp1.6"] }, { protocols: ["ocpp1.6"], assumeProtocol: false }]) {
      await kerbside.register("SILENT", registration);
      expectRefusal(await rawUpgrade(none), "subprotocol");
    }
  });

  test("is assumed, and not echoed, where the registration says so", async () => {
    await kerbside.register("ASSUMED", { protocols: ["ocpp2.0.1"], assumeProtocol: true });
    const station = await TestStation.connect(over(kerbside, "http", "ASSUMED", { protocols: [] }));
    expect(station.socket.protocol).toBe("");
    expect((await connection("ASSUMED")).protocol).toBe("ocpp2.0.1");
    const [type, , payload] = await station.call("Heartbeat");
    expect([type, Object.keys(payload)]).toEqual([3, ["currentTime"]]);
    station.kill();
    expectRefusal(await knock("/ocpp/ASSUMED", [], "ocpp1.6"), "subprotocol");
  });

  test("cannot be assumed among several", async () => {
    for (const protocols of [[], ["ocpp1.6", "ocpp2.0.1"]]) {
      const body = { securityProfile: 0, protocols, assumeProtocol: true };
      expect((await kerbside.api("PUT", "/v1/stations/SEVERAL", body)).status).toBe(422);
    }
  });

  test("that is not enabled on the edge is neither chosen nor assumed", async () => {
    const registration = { securityProfile: 1, password: PASSWORD, protocols: ["ocpp2.1"], assumeProtocol: true };
    await strict.register("TOO-NEW", registration);
    for (const protocols of ["ocpp2.1", undefined]) {
      const upgrade = { port: strict.edge.port, target: "/ocpp/TOO-NEW", headers: [basic("TOO-NEW", PASSWORD)] };
      const answer = await rawUpgrade({ ...upgrade, ...(protocols && { protocols }) }, true);
      expect(answer).toMatchObject({ status: 101, closeCode: 1002 });
    }
    await strict.register("OPEN", { securityProfile: 1, password: PASSWORD });
    const open = over(strict, "http", "OPEN", { password: PASSWORD, protocols: ["ocpp2.1", "ocpp1.6"] });
    const station = await TestStation.connect(open);
    expect(station.socket.protocol).toBe("ocpp1.6");
    station.kill();
  });

  test("that is missing completes the handshake with SUBPROTOCOL_MISMATCH=close, and then the socket closes", async () => {
    await strict.register("CLOSED", { securityProfile: 1, password: PASSWORD });
    const answer = await rawUpgrade(
      {
        port: strict.edge.port,
        target: "/ocpp/CLOSED",
        headers: [basic("CLOSED", PASSWORD)],
        protocols: "ocpp0.1",
      },
      true,
    );
    expect(answer).toMatchObject({ status: 101, closeCode: 1002 });
    expect(answer.headers).not.toHaveProperty("sec-websocket-protocol");
    expect((await strict.api("GET", "/v1/stations/CLOSED")).body).toMatchObject({ online: false, connection: null });
  });

  test("of a stranger gets the stranger no handshake with SUBPROTOCOL_MISMATCH=close either", async () => {
    await strict.register("CLOSED", { securityProfile: 1, password: PASSWORD });
    const protocols = ["ocpp0.1"];
    const wrong = over(strict, "http", "CLOSED", { password: "wrong horse battery", protocols });
    expectRefusal(await TestStation.refused(wrong), "credentials");
    expectRefusal(
      await TestStation.refused(over(strict, "http", "NOBODY", { password: PASSWORD, protocols })),
      "unknown",
    );
  });
});

test("An edge that is not configured rightly answers stations 503, and nothing of its insides", async () => {
  const broken = await startKerbside({ VALIDATION: "sometimes" });
  try {
    expectRefusal(await TestStation.refused(over(broken, "http", "CS001")), "unreachable");
  } finally {
    await broken.stop();
  }
});
