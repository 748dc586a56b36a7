import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/http-peers.ts";
import { type ApiAnswer, type Kerbside, startKerbside } from "../support/kerbside.ts";

const TEAM = "team.cloudflareaccess.com";
const AUD = "ab".repeat(32);
const PERSON = "ops@example.com";
const pair = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const small = generateKeyPairSync("rsa", { modulusLength: 1_024 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwk = (key: KeyObject, kid: string, more: object = {}) => ({
  ...key.export({ format: "jwk" }),
  kid,
  use: "sig",
  ...more,
});

let kerbside: Kerbside;
let certs: http.Server;
let certsUrl: string;
let asked = 0;
beforeAll(async () => {
  const keys = [
    jwk(pair.publicKey, "current", { alg: "RS256" }),
    jwk(ec.publicKey, "elliptic", { alg: "ES256" }),
    jwk(small.publicKey, "small", { alg: "RS256" }),
  ];
  certs = http.createServer((request, response) => {
    asked++;
    response.end(request.url === "/cdn-cgi/access/certs" ? JSON.stringify({ keys }) : "{}");
  });
  certs.listen(0, "127.0.0.1");
  await once(certs, "listening");
  certsUrl = `http://127.0.0.1:${(certs.address() as AddressInfo).port}`;
  const ACCESS_ROLES = JSON.stringify([
    { email: PERSON, scopes: ["stations:read", "stations:write", "audit:read", "messages:read"] },
    { group: "north", scopes: ["stations:read", "stations:write"], stations: { prefix: "NORTH-" } },
  ]);
  const settings = { ACCESS_TEAM_DOMAIN: TEAM, ACCESS_AUD: `${"cd".repeat(32)}, ${AUD}`, ACCESS_ROLES };
  kerbside = await startKerbside(settings, { entry: join(import.meta.dirname, "../support/edge-worker.js") });
});
afterAll(async () => {
  await kerbside?.stop();
  certs?.close();
});

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claimsOf = (more: object = {}) => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: `https://${TEAM}`,
    aud: [AUD],
    email: PERSON,
    type: "app",
    iat: now,
    nbf: now,
    exp: now + 600,
    ...more,
  };
};
const HEADER = { alg: "RS256", kid: "current", typ: "JWT" };
/** A token, signed as Access does unless it is said otherwise. */
function tokenOf(claims: object = {}, header: object = {}, key: KeyObject = pair.privateKey): string {
  const signed = `${encoded({ ...HEADER, ...header })}.${encoded(claimsOf(claims))}`;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), key).toString("base64url")}`;
}

interface Asked {
  method?: string;
  body?: unknown;
  /** As the Worker gets them. */
  headers?: Record<string, string>;
  authorization?: string;
}
/** Each from an address of its own: wrong tokens of one are told to wait. */
let address = 0;
async function ask(
  token: string | null,
  path: string,
  { method = "GET", body, headers = {}, authorization }: Asked = {},
): Promise<ApiAnswer> {
  const set = Object.entries({ ...(token !== null && { "cf-access-jwt-assertion": token }), ...headers });
  const response = await fetch(`${kerbside.edge.httpUrl}${path}`, {
    method,
    headers: {
      "x-edge-url": `https://api.example${path}`,
      "x-edge-address": `192.0.2.${++address % 250}`,
      "x-edge-certs": certsUrl,
      ...Object.fromEntries(set.map(([name, value]) => [`x-edge-set-${name}`, value])),
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}
const whoIs = (token: string | null, more: Asked = {}) => ask(token, "/v1/key", more);
const slugOf = ({ status, body }: ApiAnswer) => [status, body?.type?.slice("/problems/".length)];

describe("Who Cloudflare Access lets in", () => {
  test("is known by the e-mail address, with the scopes and the part of the fleet of the first role that fits", async () => {
    expect((await whoIs(tokenOf())).body).toEqual({
      ...{ name: PERSON, kind: "access", stations: null },
      scopes: ["stations:read", "stations:write", "audit:read", "messages:read"],
    });
    const north = tokenOf({ email: "n@example.com", custom: { groups: ["north"] } });
    expect((await whoIs(north)).body).toMatchObject({ name: "n@example.com", stations: { prefix: "NORTH-" } });
    expect((await ask(north, "/v1/stations/SOUTH-1")).status).toBe(404);
    expect(slugOf(await ask(north, "/v1/stations/summary"))).toEqual([403, "bound-key"]);
  });

  test("and has no role may do nothing, and is told so by name", async () => {
    const token = tokenOf({ email: "nobody@example.com" });
    expect((await whoIs(token)).body).toMatchObject({ name: "nobody@example.com", scopes: [] });
    const answer = await ask(token, "/v1/stations");
    expect(slugOf(answer)).toEqual([403, "missing-scope"]);
    expect(answer.body.detail).toContain("nobody@example.com");
  });

  test("is who did it in the audit", async () => {
    const headers = { "sec-fetch-site": "same-origin" };
    const put = { method: "PUT", body: { securityProfile: 1, password: "generate" }, headers };
    expect((await ask(tokenOf(), "/v1/stations/BY-ACCESS", put)).status).toBe(201);
    const audit = () => ask(tokenOf(), `/v1/audit?actor=${encodeURIComponent(PERSON)}`);
    await until("the audit", async () => (await audit()).body.entries.length > 0);
    expect((await audit()).body.entries[0]).toMatchObject({
      kind: "station.registered",
      stationId: "BY-ACCESS",
      actor: PERSON,
    });
  });

  test("is not asked for a key, and who sends a wrong one is not let in by Access instead", async () => {
    expect((await whoIs(tokenOf(), { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await whoIs(tokenOf(), { authorization: "Basic eDp5" })).status).toBe(401);
    const { body } = await whoIs(tokenOf(), { authorization: `Bearer ${kerbside.edge.apiKey}` });
    expect(body).toMatchObject({ name: "development", kind: "key" });
  });
});

describe("A token that Access did not give for this lets nobody in", () => {
  const [head = "", body = "", signature = ""] = tokenOf().split(".");
  const none = encoded({ alg: "none", kid: "current" });
  /** The public key as the secret of an HMAC, in the forms in which it is at hand. */
  const hmac = (secret: string | Buffer) => {
    const signed = `${encoded({ alg: "HS256", kid: "current" })}.${body}`;
    return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  };
  const es256 = (header: object) => {
    const signed = `${encoded(header)}.${body}`;
    const bytes = sign("sha256", Buffer.from(signed), { key: ec.privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${bytes.toString("base64url")}`;
  };
  const pss = () => {
    const key = { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
    return `${head}.${body}.${sign("sha256", Buffer.from(`${head}.${body}`), key).toString("base64url")}`;
  };
  const now = () => Math.floor(Date.now() / 1000);

  test.each<[string, () => string]>([
    ["unsigned, by alg none", () => `${none}.${body}.`],
    ["by alg none with a signature", () => `${none}.${body}.${signature}`],
    ["by alg None", () => `${encoded({ alg: "None", kid: "current" })}.${body}.${signature}`],
    ["by an HMAC with the public key's PEM", () => hmac(pair.publicKey.export({ format: "pem", type: "spki" }))],
    ["by an HMAC with the public key's DER", () => hmac(pair.publicKey.export({ format: "der", type: "spki" }))],
    ["by an HMAC with the modulus", () => hmac(String(pair.publicKey.export({ format: "jwk" }).n))],
    ["by another key under the same name", () => tokenOf({}, {}, other.privateKey)],
    ["by RSA-PSS", pss],
    ["rightly, and said to be by no algorithm", () => tokenOf({}, { alg: "none" })],
    ["rightly, and said to be by another algorithm", () => tokenOf({}, { alg: "RS512" })],
    [
      "by a key that the token brings along",
      () => tokenOf({}, { jwk: jwk(other.publicKey, "current") }, other.privateKey),
    ],
    ["by the team's elliptic key", () => es256({ alg: "ES256", kid: "elliptic" })],
    ["by the team's elliptic key, said to be RS256", () => es256({ alg: "RS256", kid: "elliptic" })],
    ["by a key of 1,024 bits", () => tokenOf({}, { kid: "small" }, small.privateKey)],
    ["by a key that nobody knows", () => tokenOf({}, { kid: "unknown" })],
    ["by a key without a name", () => tokenOf({}, { kid: undefined })],
    ["with something that must be understood", () => tokenOf({}, { crit: ["x"], x: 1 })],
    [
      "with other claims than were signed",
      () => `${head}.${encoded(claimsOf({ email: "boss@example.com" }))}.${signature}`,
    ],
    ["for another application", () => tokenOf({ aud: ["ef".repeat(32)] })],
    ["of another team", () => tokenOf({ iss: "https://other.cloudflareaccess.com" })],
    ["that has expired", () => tokenOf({ exp: now() - 60 })],
    ["that never expires", () => tokenOf({ exp: undefined })],
    ["that is not valid yet", () => tokenOf({ nbf: now() + 120 })],
    ["of a team's session", () => tokenOf({ type: "org" })],
    ["that names nobody", () => tokenOf({ email: undefined })],
    ["of four parts", () => `${tokenOf()}.${signature}`],
    ["that is none", () => "token"],
    ["whose payload is a list", () => `${head}.${encoded([])}.${signature}`],
  ])("%s", async (_, token) => {
    expect(slugOf(await whoIs(token()))).toEqual([401, "unauthorized"]);
  });

  test("and in the cookie alone is no token at all", async () => {
    expect((await whoIs(null, { headers: { cookie: `CF_Authorization=${tokenOf()}` } })).status).toBe(401);
  });

  test("and many made-up names of keys do not have the team asked for each", async () => {
    await whoIs(tokenOf());
    const before = asked;
    for (let index = 0; index < 30; index++) await whoIs(tokenOf({}, { kid: `made-up-${index}` }));
    expect(asked - before).toBeLessThanOrEqual(1);
    expect((await whoIs(tokenOf())).status).toBe(200);
  });
});

describe("Another site's page", () => {
  const put = (headers: Record<string, string>) =>
    ask(tokenOf(), "/v1/stations/FORGED", {
      method: "PUT",
      body: { securityProfile: 1, password: "generate" },
      headers,
    });

  test.each([
    ["without a word of where it comes from", {}],
    ["of another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["of another site that claims this origin", { "sec-fetch-site": "cross-site", origin: "https://api.example" }],
    ["of another host of the same site", { "sec-fetch-site": "same-site", origin: "https://other.example" }],
    ["typed by hand", { "sec-fetch-site": "none" }],
    ["of another origin, in a browser without Fetch Metadata", { origin: "https://evil.example" }],
    ["of this host by http", { origin: "http://api.example" }],
    ["of an origin that is hidden", { origin: "null" }],
  ])("changes nothing by what Access proves: a request %s", async (_, headers) => {
    expect(slugOf(await put(headers as Record<string, string>))).toEqual([403, "cross-site"]);
    expect((await ask(tokenOf(), "/v1/stations/FORGED")).status).toBe(404);
  });

  test.each([
    ["by Fetch Metadata", { "sec-fetch-site": "same-origin", origin: "https://api.example" }],
    ["by its Origin, in a browser without it", { origin: "https://api.example" }],
  ])("is told from a page of this origin %s", async (_, headers) => {
    expect([200, 201]).toContain((await put(headers as Record<string, string>)).status);
    const gone = { method: "DELETE", headers: headers as Record<string, string> };
    expect((await ask(tokenOf(), "/v1/stations/FORGED", gone)).status).toBe(204);
  });

  test("may not open a socket, and a key asks from anywhere", async () => {
    const evil = { upgrade: "websocket", origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect(slugOf(await ask(tokenOf(), "/v1/stations/BY-ACCESS/live", { headers: evil }))).toEqual([403, "cross-site"]);
    const authorization = `Bearer ${kerbside.edge.apiKey}`;
    const headers = { "sec-fetch-site": "cross-site", origin: "https://backend.example" };
    const body = { securityProfile: 1, password: "generate" };
    const by = { method: "PUT", body, headers, authorization };
    expect((await ask(tokenOf(), "/v1/stations/BY-KEY", by)).status).toBe(201);
  });
});
