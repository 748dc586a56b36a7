import { describe, expect, test } from "vitest";
import {
  equalInConstantTime,
  fromHex,
  fromLatin1,
  generatePassword,
  hashPassword,
  passwordMatches,
  toHex,
} from "../../src/security/password.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const HEX = "00ff80c3a90d0af0deadbeef0123456789abcdef";

describe("A kept password", () => {
  test("differs from itself with NULs behind it, though HMAC would pad it with them", async () => {
    const kept = await hashPassword(utf8("correct horse battery"), "chosen");
    expect(await passwordMatches(utf8("correct horse battery\0"), kept)).toBe(false);
    const hex = await hashPassword(utf8(`${"ab".repeat(18)}0000`), "generated");
    expect(await passwordMatches(fromHex(`${"ab".repeat(18)}0000`), hex)).toBe(true);
    expect(await passwordMatches(fromHex("ab".repeat(18)), hex)).toBe(false);
  });

  test("of an older release, which kept no length, lets its station in", async () => {
    const { bytes: _, ...kept } = await hashPassword(utf8("correct horse battery"), "chosen");
    expect(await passwordMatches(utf8("correct horse battery"), kept)).toBe(true);
    expect(await passwordMatches(utf8("wrong horse battery!!"), kept)).toBe(false);
  });

  test("holds neither the password nor the same salt twice", async () => {
    const [one, two] = await Promise.all([
      hashPassword(utf8("correct horse battery"), "chosen"),
      hashPassword(utf8("correct horse battery"), "chosen"),
    ]);
    expect(one.salt).toMatch(/^[0-9a-f]{32}$/);
    expect(one.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(one.salt).not.toBe(two.salt);
    expect(one.hash).not.toBe(two.hash);
    expect(Object.keys(one).sort()).toEqual(["bytes", "hash", "iterations", "salt"]);
  });

  test("is stretched unless it was generated", async () => {
    const chosen = await hashPassword(utf8("correct horse battery"), "chosen");
    expect(chosen.iterations).toBeGreaterThanOrEqual(10_000);
    const generated = await hashPassword(utf8(generatePassword()), "generated");
    expect(generated.iterations).toBe(1);
  });

  test.each<[string, Uint8Array, Uint8Array, boolean]>([
    ["itself", utf8("correct horse battery"), utf8("correct horse battery"), true],
    ["another", utf8("correct horse battery"), utf8("wrong horse battery!!"), false],
    ["nothing", utf8("correct horse battery"), utf8(""), false],
    ["hex, the raw bytes", utf8(HEX), fromHex(HEX), true],
    ["hex, the same in upper case", utf8(HEX), utf8(HEX.toUpperCase()), true],
    ["raw bytes, their hex", fromHex(HEX), utf8(HEX), true],
    ["hex, bytes that differ in one bit", utf8(HEX), fromHex(HEX.replace(/f$/, "e")), false],
    ["text, its hex", utf8("sixteen bytes ok"), utf8(toHex(utf8("sixteen bytes ok"))), true],
    ["hex of an odd length, the bytes of all but its last digit", utf8("a".repeat(33)), fromHex("a".repeat(32)), false],
    ["hex that is too short for a key, its bytes", utf8("deadbeefdeadbeef"), fromHex("deadbeefdeadbeef"), false],
    ["64 hex digits, their bytes", utf8("0f".repeat(32)), fromHex("0f".repeat(32)), true],
    ["64 bytes, their 128 hex digits", utf8("k".repeat(64)), utf8("6b".repeat(64)), true],
    ["64 bytes, their hex and one more", utf8("k".repeat(64)), utf8(`${"6b".repeat(64)}6`), false],
    ["64 bytes, their hex and two more", utf8("k".repeat(64)), utf8(`${"6b".repeat(64)}6b`), false],
  ])("matches, of %s: %#", async (_, registered, shown, matches) => {
    expect(await passwordMatches(shown, await hashPassword(registered, "chosen"))).toBe(matches);
  });
});

test("A generated password is 160 random bits in hex", () => {
  expect(generatePassword(Uint8Array.from({ length: 20 }, (_, index) => index))).toBe(
    "000102030405060708090a0b0c0d0e0f10111213",
  );
  expect(generatePassword()).toMatch(/^[0-9a-f]{40}$/);
  expect(generatePassword()).not.toBe(generatePassword());
});

test.each<[number[], number[], boolean]>([
  [[], [], true],
  [[1, 2, 3], [1, 2, 3], true],
  [[1, 2, 3], [1, 2, 4], false],
  [[1, 2, 3], [1, 2], false],
  [[1, 2], [1, 2, 3], false],
  [[0, 0], [0], false],
  [[], [0], false],
])("%j and %j are the same: %s", (a, b, same) => {
  expect(equalInConstantTime(Uint8Array.from(a), Uint8Array.from(b))).toBe(same);
});

test("Bytes pass through hex and Latin-1 and back", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  expect(fromHex(toHex(bytes))).toEqual(bytes);
  expect(fromLatin1(String.fromCharCode(...bytes))).toEqual(bytes);
});
