import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { TestStation } from "../support/test-station.ts";

const PASSWORD = "correct horse battery";

let edge: Kerbside;
beforeAll(async () => {
  edge = await startKerbside({}, { entry: join(import.meta.dirname, "../support/edge-worker.js") });
  const registered = await at("https://api.example", "PUT", "/v1/stations/CS1", {
    securityProfile: 1,
    password: PASSWORD,
  });
  expect(registered.status).toBe(201);
});
afterAll(async () => {
  await edge?.stop();
});

const at = (origin: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  edge.api(method, path, body, { "x-edge-url": `${origin}${path}`, ...headers });

const connecting = (origin: string, password?: string) =>
  TestStation.refused({
    url: `ws://localhost:${edge.edge.port}/ocpp/CS1`,
    ...(password !== undefined && { user: "CS1", password }),
    socket: { headers: { "x-edge-url": `${origin}/ocpp/CS1` } },
  });

test.each([
  ["GET", "/v1/stations"],
  ["PUT", "/v1/stations/CS2"],
  ["DELETE", "/v1/stations/CS1"],
  ["GET", "/metrics"],
  ["GET", "/anything"],
])("%s %s in the clear is refused before its key is looked at", async (method, path) => {
  for (const headers of [{}, { authorization: "Bearer wrong" }]) {
    const { status, body } = await at("http://api.example", method, path, undefined, headers as Record<string, string>);
    expect([status, body.type]).toEqual([403, "/problems/https-required"]);
  }
});

test.each(["http://api.example", "https://api.example", "http://mtls.example", "https://mtls.example"])(
  "Health is told at %s",
  async (origin) => {
    expect((await at(origin, "GET", "/healthz")).status).toBe(200);
  },
);

test.each(["https://mtls.example", "https://mtls.example.", "http://mtls.example", "https://MTLS.example:8443"])(
  "%s, the host of certificates, has no API",
  async (origin) => {
    const { status, body } = await at(origin, "GET", "/v1/stations/CS1");
    expect([status, body.type]).toEqual([404, "/problems/not-found"]);
  },
);

test.each(["http://mtls.example", "http://mtls.example.", "http://mtls.example:8080", "https://mtls.example."])(
  "At %s the right password alone lets no station in",
  async (origin) => {
    expect((await connecting(origin, PASSWORD)).status).toBe(403);
    expect((await connecting(origin)).status).toBe(403);
  },
);

test("At the other host it does, in the clear", async () => {
  const station = await edge.station("CS1", {
    register: false,
    user: "CS1",
    password: PASSWORD,
    socket: { headers: { "x-edge-url": "http://ocpp.example/ocpp/CS1" } },
  });
  await station.close();
});

test("No answer is kept by a cache or guessed to be a page", async () => {
  for (const [method, path] of [
    ["GET", "/healthz"],
    ["GET", "/v1/stations/CS1"],
    ["GET", "/v1/stations/nobody"],
    ["GET", "/nowhere"],
  ] as const) {
    const { headers } = await at("https://api.example", method, path);
    expect([headers.get("cache-control"), headers.get("x-content-type-options")]).toEqual(["no-store", "nosniff"]);
  }
  const refused = await connecting("http://ocpp.example", "wrong wrong wrong wrong");
  expect(refused.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
  expect(refused.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("Who guesses keys is answered 429, by the /64 of an IPv6 address, and who has one is not", async () => {
  const from = (address: string) => ({ "x-edge-address": address });
  const guess = (address: string) =>
    at("https://api.example", "GET", "/v1/stations", undefined, { ...from(address), authorization: "Bearer wrong" });
  const guesses = await Promise.all(Array.from({ length: 120 }, (_, index) => guess(`2001:db8:1:2::${index}`)));
  expect(guesses.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(100);
  const refused = guesses.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.headers.get("retry-after")).toBe("60");
  expect((await guess("2001:db8:1:3::1")).status).toBe(401);
  const known = await at("https://api.example", "GET", "/v1/stations", undefined, from("2001:db8:1:2::1"));
  expect(known.status).toBe(200);
});
