import { expect, test } from "vitest";
import type { Registration } from "../../src/security/admission.ts";
import { admissionRevision, type Apply, endsConnection } from "../../src/security/registration-change.ts";

const hash = (text: string) => ({ iterations: 1, salt: "00", hash: text });
const BEFORE: Registration = {
  securityProfile: 1,
  password: hash("aa"),
  certificate: { commonName: "CS001" },
  protocols: ["ocpp1.6", "ocpp2.0.1"],
  assumeProtocol: false,
};

function ends(change: Partial<Registration>, apply: Apply, securityProfile = 1): boolean {
  const after = { ...BEFORE, ...change };
  const revised = { ...after, admissionRevision: admissionRevision(BEFORE, after) };
  return endsConnection(BEFORE, revised, apply, { securityProfile });
}

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
  expect(
    endsConnection({ ...BEFORE, securityProfile: 3 }, { ...BEFORE, securityProfile: 3 }, null, { securityProfile: 1 }),
  ).toBe(false);
  expect(
    endsConnection({ ...BEFORE, securityProfile: 3 }, { ...BEFORE, securityProfile: 3 }, "now", { securityProfile: 1 }),
  ).toBe(true);
});

test("What was changed before, and left for the next connection, counts once it is to be at once", () => {
  const changed = { ...BEFORE, admissionRevision: 2 };
  expect(admissionRevision(changed, changed)).toBe(2);
  const live = { securityProfile: 1, admissionRevision: 0 };
  expect(endsConnection(changed, changed, "now", live)).toBe(true);
  expect(endsConnection(changed, changed, "now", { ...live, admissionRevision: 2 })).toBe(false);
  expect(endsConnection(changed, changed, "next-connect", live)).toBe(false);
});
