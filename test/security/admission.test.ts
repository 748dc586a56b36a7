import { describe, expect, test } from "vitest";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import {
  type AdmissionSettings,
  admit,
  type ConnectionClaims,
  refuseEarly,
  type Registration,
} from "../../src/security/admission.ts";
import type { PasswordHash } from "../../src/security/password.ts";

const SETTINGS: AdmissionSettings = { allowProfile0: true, enabledProtocols: PROTOCOLS };
const PRODUCTION = { ...SETTINGS, allowProfile0: false };
const KEPT: PasswordHash = { iterations: 1, salt: "", hash: "right" };
const REGISTRATION: Registration = {
  securityProfile: 0,
  password: KEPT,
  certificate: { commonName: "CS001" },
  protocols: [],
  assumeProtocol: false,
};
const CERTIFICATE = { commonName: "CS001", organization: "Kerbside", fingerprint: "ab", notAfter: 0 };
const CLAIMS: ConnectionClaims = {
  stationId: "CS001",
  transport: "http",
  basic: null,
  certificate: null,
  offer: ["ocpp1.6"],
};
const right = { user: "CS001", password: "right" };
const wrong = { user: "CS001", password: "wrong" };

async function decide(
  claims: Partial<ConnectionClaims>,
  registration: Partial<Registration> | null,
  settings: AdmissionSettings = SETTINGS,
) {
  const asked: string[] = [];
  const whole = registration === null ? null : { ...REGISTRATION, ...registration };
  const result = await admit({ ...CLAIMS, ...claims }, whole, settings, async (password, kept) => {
    asked.push(password);
    return password === kept.hash;
  });
  return { asked: asked.length, outcome: result.ok ? result.value.securityProfile : result.error };
}

test("A retired certificate is not let in with the other signature that anybody can make of its own", async () => {
  const registration = { securityProfile: 3 as const, issued: { current: "ef", retired: ["cd"] } };
  const shown = (certificate: object) =>
    decide({ transport: "mtls", certificate: { ...CERTIFICATE, ...certificate } }, registration);
  expect((await shown({ fingerprint: "cd" })).outcome).toBe("certificate-retired");
  expect((await shown({ twin: "cd" })).outcome).toBe("certificate-retired");
  expect((await shown({ twin: "ff" })).outcome).toBe(3);
});

describe("While a password is being replaced", () => {
  const former: PasswordHash = { ...KEPT, hash: "former" };
  test.each<[string, number | string, true | undefined]>([
    ["right", 1, true],
    ["former", 1, undefined],
    ["wrong", "password-wrong", undefined],
  ])("both are compared, whatever the first says, with `%s`", async (password, outcome, proved) => {
    const claims = { basic: { user: "CS001", password } };
    const registration: Partial<Registration> = { securityProfile: 1, formerPassword: former };
    expect(await decide(claims, registration)).toEqual({ asked: 2, outcome });
    const result = await admit(
      { ...CLAIMS, ...claims },
      { ...REGISTRATION, ...registration },
      SETTINGS,
      async (shown, kept) => {
        return shown === kept.hash;
      },
    );
    expect(result.ok && result.value.provedPassword).toBe(result.ok && proved);
  });
});

describe("Before a station is known", () => {
  test.each<[string, Partial<ConnectionClaims>, AdmissionSettings, string | null]>([
    ["a plain connection without credentials", {}, SETTINGS, null],
    ["the same in production", {}, PRODUCTION, "credentials-missing"],
    ["TLS without credentials", { transport: "tls" }, SETTINGS, "credentials-missing"],
    ["credentials of the station", { basic: right }, PRODUCTION, null],
    ["credentials of another", { basic: { user: "CS002", password: "right" } }, SETTINGS, "user-is-not-the-station"],
    ["credentials in another case", { basic: { user: "cs001", password: "x" } }, SETTINGS, "user-is-not-the-station"],
    ["a verified certificate", { transport: "mtls", certificate: CERTIFICATE }, PRODUCTION, null],
  ])("%s is judged without it", (_, claims, settings, reason) => {
    expect(refuseEarly({ ...CLAIMS, ...claims }, settings)).toBe(reason);
  });
});

describe("Admission", () => {
  test.each<[string, Partial<ConnectionClaims>, Partial<Registration> | null, number | string]>([
    ["a stranger", {}, null, "not-registered"],
    ["a stranger with a certificate", { transport: "mtls", certificate: CERTIFICATE }, null, "not-registered"],
    ["profile 0 without anything", {}, {}, 0],
    ["profile 0 with its password", { basic: right }, {}, 1],
    ["profile 0 with a wrong password", { basic: wrong }, {}, "password-wrong"],
    ["profile 0 that has no password, with one", { basic: wrong }, { password: null }, 0],
    [
      "profile 0 that has no password, over TLS",
      { transport: "tls", basic: wrong },
      { password: null },
      "no-password-registered",
    ],
    ["profile 1 without credentials", {}, { securityProfile: 1 }, "credentials-missing"],
    ["profile 1 with its password", { basic: right }, { securityProfile: 1 }, 1],
    [
      "profile 1 with an empty password",
      { basic: { user: "CS001", password: "" } },
      { securityProfile: 1 },
      "password-wrong",
    ],
    ["profile 1 over TLS", { transport: "tls", basic: right }, { securityProfile: 1 }, 2],
    ["profile 2 over TLS", { transport: "tls", basic: right }, { securityProfile: 2 }, 2],
    [
      "profile 2 over TLS with a wrong password",
      { transport: "tls", basic: wrong },
      { securityProfile: 2 },
      "password-wrong",
    ],
    ["profile 2 in the plain", { basic: right }, { securityProfile: 2 }, "profile-too-low"],
    ["profile 2 in the plain, without credentials", {}, { securityProfile: 2 }, "profile-too-low"],
    ["profile 3 in the plain", { basic: right }, { securityProfile: 3 }, "profile-too-low"],
    ["profile 3 over TLS", { transport: "tls", basic: right }, { securityProfile: 3 }, "profile-too-low"],
    ["profile 3 with its certificate", { transport: "mtls", certificate: CERTIFICATE }, { securityProfile: 3 }, 3],
    ["profile 1 with its certificate", { transport: "mtls", certificate: CERTIFICATE }, { securityProfile: 1 }, 3],
    [
      "profile 3 with no certificate at all",
      { transport: "mtls", basic: right },
      { securityProfile: 3 },
      "certificate-of-another-station",
    ],
  ])("of %s ends rightly", async (_, claims, registration, outcome) => {
    expect((await decide(claims, registration)).outcome).toBe(outcome);
  });

  test("asks for the password only where it decides, and once", async () => {
    expect((await decide({ basic: right }, { securityProfile: 1 })).asked).toBe(1);
    const undecided: [Partial<ConnectionClaims>, Partial<Registration> | null][] = [
      [{ basic: right }, null],
      [{ basic: right }, { securityProfile: 2 }],
      [{ basic: { user: "CS002", password: "right" } }, {}],
      [{ transport: "mtls", certificate: CERTIFICATE, basic: right }, {}],
      [{}, {}],
    ];
    for (const [claims, registration] of undecided) expect((await decide(claims, registration)).asked).toBe(0);
  });

  test("of profile 0 is only for where it is allowed", async () => {
    expect((await decide({}, {}, PRODUCTION)).outcome).toBe("credentials-missing");
    expect((await decide({ basic: wrong }, { password: null }, PRODUCTION)).outcome).toBe("profile-too-low");
    expect((await decide({ basic: right }, {}, PRODUCTION)).outcome).toBe(1);
  });

  const fingerprints = ["cd", "ab"];
  test.each<
    [string, Partial<typeof CERTIFICATE> | { organization: null }, Partial<Registration["certificate"]>, boolean]
  >([
    ["the common name", {}, {}, true],
    ["another common name", { commonName: "CS002" }, {}, false],
    ["a common name in another case", { commonName: "cs001" }, {}, false],
    ["an empty common name", { commonName: "" }, {}, false],
    ["the common name that is registered", { commonName: "Serial 1" }, { commonName: "Serial 1" }, true],
    ["the station's id, where another is registered", {}, { commonName: "Serial 1" }, false],
    ["the organization", {}, { organization: "Kerbside" }, true],
    ["another organization", { organization: "Other" }, { organization: "Kerbside" }, false],
    ["no organization, where one is registered", { organization: null }, { organization: "Kerbside" }, false],
    ["a fingerprint that is registered", {}, { fingerprints }, true],
    ["a fingerprint that is not", { fingerprint: "ef" }, { fingerprints }, false],
    ["a fingerprint of another's name", { commonName: "CS002" }, { fingerprints }, false],
    ["any fingerprint, where the list is empty", {}, { fingerprints: [] }, false],
  ])("by certificate compares %s", async (_, certificate, expected, admitted) => {
    const claims = { transport: "mtls" as const, certificate: { ...CERTIFICATE, ...certificate } };
    const registration = { securityProfile: 3 as const, certificate: { commonName: "CS001", ...expected } };
    expect((await decide(claims, registration)).outcome).toBe(admitted ? 3 : "certificate-of-another-station");
  });

  test.each<[string, string[], Partial<Registration>, AdmissionSettings, string | null, boolean]>([
    ["the first offered", ["ocpp2.1", "ocpp1.6"], {}, SETTINGS, "ocpp2.1", true],
    ["the first that is registered", ["ocpp2.1", "ocpp1.6"], { protocols: ["ocpp1.6"] }, SETTINGS, "ocpp1.6", true],
    [
      "the first that is enabled",
      ["ocpp2.1", "ocpp1.6"],
      {},
      { ...SETTINGS, enabledProtocols: ["ocpp1.6"] },
      "ocpp1.6",
      true,
    ],
    ["none that is neither", ["mqtt"], {}, SETTINGS, null, false],
    ["none, if none is offered", [], {}, SETTINGS, null, false],
    ["the one assumed", [], { protocols: ["ocpp1.6"], assumeProtocol: true }, SETTINGS, "ocpp1.6", false],
    ["none, if not to be assumed", [], { protocols: ["ocpp1.6"] }, SETTINGS, null, false],
    [
      "none, if several could be assumed",
      [],
      { protocols: ["ocpp1.6", "ocpp2.1"], assumeProtocol: true },
      SETTINGS,
      null,
      false,
    ],
    ["none, if any could be assumed", [], { assumeProtocol: true }, SETTINGS, null, false],
    [
      "none, if the assumed is not enabled",
      [],
      { protocols: ["ocpp1.6"], assumeProtocol: true },
      { ...SETTINGS, enabledProtocols: ["ocpp2.1"] },
      null,
      false,
    ],
    [
      "none, if another is offered than assumed",
      ["ocpp2.1"],
      { protocols: ["ocpp1.6"], assumeProtocol: true },
      SETTINGS,
      null,
      false,
    ],
  ])("chooses %s", async (_, offer, registration, settings, protocol, echoProtocol) => {
    const result = await admit({ ...CLAIMS, offer }, { ...REGISTRATION, ...registration }, settings, async () => false);
    if (protocol === null) expect(result).toEqual({ ok: false, error: "no-common-subprotocol" });
    else expect(result).toEqual({ ok: true, value: { securityProfile: 0, protocol, echoProtocol } });
  });

  test("tells of the subprotocol only to who has proved itself", async () => {
    expect((await decide({ offer: [], basic: wrong }, { securityProfile: 1 })).outcome).toBe("password-wrong");
    expect((await decide({ offer: [], basic: right }, { securityProfile: 1 })).outcome).toBe("no-common-subprotocol");
  });
});
