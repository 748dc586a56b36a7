import { expect, test } from "vitest";
import { PasswordAttempts } from "../../src/security/password-attempts.ts";
import type { RefusalReason } from "../../src/security/refusal.ts";

const HERE = "192.0.2.7";
const ELSEWHERE = "192.0.2.8";

function arranged() {
  let now = 0;
  let asked = 0;
  const attempts = new PasswordAttempts(() => now);
  const connect = async (station: string, address: string, reason: RefusalReason | null) => {
    const decided = await attempts.attempt(station, address).decide(async () => {
      asked++;
      return { reason };
    });
    return decided === null ? "too-many" : decided.reason;
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { attempts, connect, asked: () => asked, pass };
}

test("Of 1,800 wrong passwords under as many names 200 are compared, and then three a second", async () => {
  const { connect, asked, pass } = arranged();
  await Promise.all(Array.from({ length: 1_800 }, (_, index) => connect(`CS${index}`, HERE, "password-wrong")));
  expect(asked()).toBe(200);
  pass(1_100);
  for (let index = 0; index < 10; index++) await connect(`LATER${index}`, HERE, "password-wrong");
  expect(asked()).toBe(203);
});

test("Who proved a password from that address gets in all the same, and so does everybody from another", async () => {
  const { connect } = arranged();
  expect(await connect("KNOWN", HERE, null)).toBeNull();
  for (let index = 0; index < 300; index++) await connect(`CS${index}`, HERE, "password-wrong");
  expect(await connect("KNOWN", HERE, null)).toBeNull();
  expect(await connect("NEW", HERE, null)).toBe("too-many");
  expect(await connect("NEW", ELSEWHERE, null)).toBeNull();
});

test("A fleet behind one address that has its passwords right is never told to wait", async () => {
  const { connect } = arranged();
  for (let index = 0; index < 1_000; index++) expect(await connect(`CS${index}`, HERE, null)).toBeNull();
});

test("What cannot be told, or has another reason, is no failure", async () => {
  const { attempts, connect } = arranged();
  for (let index = 0; index < 300; index++) {
    expect(await connect(`A${index}`, HERE, "profile-too-low")).toBe("profile-too-low");
    const failing = attempts.attempt(`B${index}`, HERE).decide(() => Promise.reject(new Error("gone")));
    await expect(failing).rejects.toThrow("gone");
  }
  expect(await connect("NEW", HERE, null)).toBeNull();
});
