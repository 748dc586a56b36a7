import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { AccessKeys, KeysUnreachable } from "../../src/http/access/access-keys.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = 1_000_000_000_000;
const jwk = (kid: string, bits = 2_048) => ({
  ...generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" }),
  ...{ kid, alg: "RS256", use: "sig" },
});
const ONE = jwk("one");
const TWO = jwk("two");

/** A team's keys, and how often they were asked for. */
function team(first: unknown = { keys: [ONE] }) {
  const told = { answer: first as unknown, status: 200, asked: [] as string[] };
  const keys = new AccessKeys("team.cloudflareaccess.com", async (url) => {
    told.asked.push(url);
    if (told.answer === null) throw new TypeError("no line");
    return new Response(typeof told.answer === "string" ? told.answer : JSON.stringify(told.answer), {
      status: told.status,
    });
  });
  return { told, find: (kid: string, now: number) => keys.find(kid, now) };
}

describe("The keys of Access", () => {
  test("are asked for at the team, once an hour", async () => {
    const { told, find } = team();
    expect(await find("one", START)).toBeInstanceOf(CryptoKey);
    expect(told.asked).toEqual(["https://team.cloudflareaccess.com/cdn-cgi/access/certs"]);
    for (let minute = 1; minute < 60; minute++) await find("one", START + minute * MINUTE);
    expect(told.asked).toHaveLength(1);
    told.answer = { keys: [TWO] };
    expect(await find("one", START + HOUR)).toBeNull();
    expect(await find("two", START + HOUR)).toBeInstanceOf(CryptoKey);
    expect(told.asked).toHaveLength(2);
  });

  test("are asked for once a minute where one is not known, whatever names are made up", async () => {
    const { told, find } = team();
    await find("one", START);
    told.answer = { keys: [ONE, TWO] };
    expect(await find("two", START + MINUTE)).toBeInstanceOf(CryptoKey);
    expect(told.asked).toHaveLength(2);
    for (let index = 0; index < 500; index++)
      expect(await find(`made-up-${index}`, START + 2 * MINUTE + index)).toBeNull();
    expect(told.asked).toHaveLength(3);
    expect(await find("one", START + 2 * MINUTE)).toBeInstanceOf(CryptoKey);
  });

  test("are none that anything but RS256 could be verified with", async () => {
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
    const odd = [
      { ...ec, kid: "ec" },
      { ...jwk("small", 1_024) },
      { ...ONE, kid: "hmac", alg: "HS256" },
      { ...ONE, kid: "oct", kty: "oct", k: "c2VjcmV0" },
      { ...ONE, kid: "encryption", use: "enc" },
      { ...ONE, kid: 7 },
      { ...ONE, kid: "no-modulus", n: undefined },
      null,
      "key",
    ];
    const { find } = team({ keys: [...odd, ONE] });
    for (const kid of ["ec", "small", "hmac", "oct", "encryption", "no-modulus", "7"])
      expect(await find(kid, START)).toBeNull();
    expect(await find("one", START)).toBeInstanceOf(CryptoKey);
  });

  test.each([
    ["nothing", null, 200],
    ["a refusal", { keys: [ONE] }, 500],
    ["a redirect", { keys: [ONE] }, 302],
    ["no JSON", "<html>", 200],
    ["no keys", { keys: [] }, 200],
    ["keys that are no list", { keys: { one: ONE } }, 200],
    ["far too much", JSON.stringify({ keys: [ONE], more: "x".repeat(70_000) }), 200],
  ])("cannot be told where the answer is %s, and that lets nobody in", async (_, answer, status) => {
    const { told, find } = team(answer);
    told.status = status;
    await expect(find("one", START)).rejects.toBeInstanceOf(KeysUnreachable);
    // Not every request asks again.
    await expect(find("one", START + 100)).rejects.toBeInstanceOf(KeysUnreachable);
    expect(told.asked).toHaveLength(1);
    Object.assign(told, { answer: { keys: [ONE] }, status: 200 });
    expect(await find("one", START + 5_000)).toBeInstanceOf(CryptoKey);
  });

  test("are used on for a day while no new ones can be had, and no longer", async () => {
    const { told, find } = team();
    await find("one", START);
    told.answer = null;
    expect(await find("one", START + 23 * HOUR)).toBeInstanceOf(CryptoKey);
    await expect(find("one", START + 24 * HOUR)).rejects.toBeInstanceOf(KeysUnreachable);
  });

  test("are asked for anew where the clock was set back", async () => {
    const { told, find } = team();
    await find("one", START);
    await find("one", START - HOUR);
    expect(told.asked).toHaveLength(2);
  });
});
