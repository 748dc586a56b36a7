import { expect, test } from "vitest";
import type { Registration } from "../../src/security/admission.ts";
import { type Apply, endsConnection } from "../../src/security/registration-change.ts";

const hash = (text: string) => ({ iterations: 1, salt: "00", hash: text });
const BEFORE: Registration = {
  securityProfile: 1,
  password: hash("aa"),
  certificate: { commonName: "CS001" },
  protocols: ["ocpp1.6", "ocpp2.0.1"],
  assumeProtocol: false,
};

const ends = (change: Partial<Registration>, apply: Apply, live = 1) =>
  endsConnection(BEFORE, { ...BEFORE, ...change }, apply, live);

test.each<[string, Partial<Registration>, string]>([
  ["nothing", {}, "---"],
  ["the password", { password: hash("bb") }, "-n-"],
  ["the former password's overlap", { formerPassword: hash("bb") }, "-n-"],
  ["the certificate's owner", { certificate: { commonName: "CS002" } }, "-n-"],
  ["the protocols", { protocols: ["ocpp2.0.1"] }, "-n-"],
  ["a lower profile", { securityProfile: 0 }, "-n-"],
  ["a higher profile", { securityProfile: 2 }, "-nd"],
])("A change of %s ends the connection as asked: next-connect, now, unsaid", (_, change, expected) => {
  const by = (["next-connect", "now", null] as const).map((apply) => ends(change, apply));
  expect(by.map((isEnded, index) => (isEnded ? "xnd"[index] : "-")).join("")).toBe(expected);
});

test("A profile that is raised to what the connection has shown anyway lets it be", () => {
  expect(ends({ securityProfile: 2 }, null, 2)).toBe(false);
});

test("A connection that was to stay under a raised profile is not ended by the next change of something else", () => {
  expect(endsConnection({ ...BEFORE, securityProfile: 3 }, { ...BEFORE, securityProfile: 3 }, null, 1)).toBe(false);
  expect(endsConnection({ ...BEFORE, securityProfile: 3 }, { ...BEFORE, securityProfile: 3 }, "now", 1)).toBe(true);
});
