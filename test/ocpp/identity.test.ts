import { describe, expect, test } from "vitest";
import { checkIdentity, IDENTITY_MAX_LENGTH, parseIdentity } from "../../src/ocpp/identity.ts";

describe("A path segment", () => {
  test.each([
    ["CS001", "CS001"],
    ["RDAM%20123", "RDAM 123"],
    ["RDAM%7C123", "RDAM|123"],
    ["RDAM%7c123", "RDAM|123"],
    ["a+b", "a+b"],
    ["%2B", "+"],
    ["%43%53", "CS"],
    ["*-_=+|@.", "*-_=+|@."],
  ])("%j is decoded once, to %j", (segment, value) => {
    expect(parseIdentity(segment)).toEqual({ ok: true, value });
  });

  test.each([
    ["", "empty"],
    ["%", "malformed-escape"],
    ["CS%zz", "malformed-escape"],
    ["CS%FF", "malformed-escape"],
    ["%c0%ae", "malformed-escape"],
    ["CS%2541", "illegal-character"],
    ["a%2Fb", "illegal-character"],
    ["a%00", "illegal-character"],
    ["a%3Ab", "illegal-character"],
    ["%D0%A1S", "illegal-character"],
    ["x".repeat(49), "too-long"],
    ["%41".repeat(49), "too-long"],
  ])("%j is no identity: %s", (segment, error) => {
    expect(parseIdentity(segment)).toEqual({ ok: false, error });
  });
});

describe("An identity", () => {
  test("has at most 48 characters", () => {
    expect(IDENTITY_MAX_LENGTH).toBe(48);
    expect(checkIdentity("x".repeat(48)).ok).toBe(true);
    expect(checkIdentity("x".repeat(49))).toEqual({ ok: false, error: "too-long" });
  });

  test("is made of the characters of identifierString without the colon, and of inner spaces; no other of U+0000 to U+FFFF", () => {
    const legal = new Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*-_=+|@. ");
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code);
      expect(checkIdentity(`a${character}b`).ok, `U+${code.toString(16)}`).toBe(legal.has(character));
    }
    expect(checkIdentity("a🔌b").ok).toBe(false);
  });

  test.each([" a", "a ", " ", "a\n", "\na", ".", ".."])("%j is none", (identity) => {
    expect(checkIdentity(identity)).toEqual({ ok: false, error: "illegal-character" });
  });
});
