import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
// First, since it gives @peculiar/x509 what that asks for at load.
import { certificateToPem, signCertificate } from "../../src/local/pki/authority.ts";
import { openPki, type Pki } from "../../src/local/pki/pki.ts";
import { issueStationCertificate, type StationCertificateOptions } from "../../src/local/pki/station-certificate.ts";
import { createStationKey } from "../../src/local/pki/station-key.ts";
import * as x509 from "@peculiar/x509";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import { provenBy } from "../../src/pki/client-chain.ts";
import { admit, type Registration } from "../../src/security/admission.ts";
import { type TlsClientAuth, verifyCertificate } from "../../src/security/client-certificate.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import {
  CERTIFICATES,
  ID,
  ISSUED,
  MODES,
  type Mode,
  REGISTRATIONS,
  type RegistrationCase,
  ROWS,
} from "./admission-table.ts";
import { shownCertificate } from "./shown-certificate.ts";

const folder = temporaryFolder();
let pki: Pki;
const shown = new Map<string, TlsClientAuth | undefined>();
beforeAll(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  pki = await openPki(join(folder.dir, "pki"));
  for (const name of Object.keys(CERTIFICATES)) shown.set(name, await makeOf(name));
});
afterAll(() => folder.remove());

const pemOf = async (options: Partial<StationCertificateOptions> = {}) =>
  (await issueStationCertificate(pki, { stationId: ID, ...options })).cert;

async function named(...rdns: Record<string, string>[]): Promise<TlsClientAuth> {
  const { publicKey } = await createStationKey();
  const subject = new x509.Name(
    rdns.map((rdn) => Object.fromEntries(Object.entries(rdn).map(([type, utf8String]) => [type, [{ utf8String }]]))),
  );
  const [notBefore, notAfter] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + 86_400_000)];
  const request = { subject, publicKey, notBefore, notAfter, extensions: [] };
  return shownCertificate(certificateToPem(await signCertificate(request, pki.stationCa)), pki, null);
}

const NO_ISSUER = "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
/** What the edge finds wrong. It believes more than the Worker does: a chain that is signed right is right. */
const FAULTS: Record<string, string> = {
  "below two intermediates, its leaf alone": NO_ISSUER,
  "of a constrained CA, its leaf alone": NO_ISSUER,
  "outside of its CA's constraints": "PERMITTED_VIOLATION",
  "expired one": "CERT_HAS_EXPIRED",
  "expired one of another station": "CERT_HAS_EXPIRED",
  "a stranger's": NO_ISSUER,
  "a self-signed one": "DEPTH_ZERO_SELF_SIGNED_CERT",
};
const ODD: Record<string, () => Promise<TlsClientAuth>> = {
  none: async () => ({ certPresented: "0", certVerified: "NONE", certRevoked: "0" }),
  "a good one with its chain twice and the wrong way round": async () => {
    const { rootPem, stationCaPem } = pki;
    return shownCertificate((await pemOf()) + rootPem + stationCaPem + rootPem, pki, null);
  },
  "one without an organization": () => named({ CN: ID }),
  "one with two common names": () => named({ CN: ID }, { CN: ID }),
  "one without a common name": () => named({ O: ID }),
  "a good one that the edge does not show": async () => {
    return { ...shownCertificate(await pemOf(), pki, null), certRFC9440: "", certRFC9440TooLarge: true };
  },
  "a good one beside another one's fingerprint": async () => {
    return { ...shownCertificate(await pemOf(), pki, null), certFingerprintSHA256: "ab".repeat(32) };
  },
};

async function makeOf(name: string): Promise<TlsClientAuth | undefined> {
  const issued = ISSUED[name];
  return issued === undefined ? ODD[name]?.() : shownCertificate(await pemOf(issued), pki, FAULTS[name] ?? null);
}

/** As http/connect puts the steps together. */
async function decide(auth: TlsClientAuth | undefined, mode: Mode, given: RegistrationCase | null) {
  const { trust, narrow } = MODES[mode];
  const STATION_CAS = pki.rootPem + pki.stationCaPem;
  // An edge that does not know the CA says so of everybody.
  const verdict = mode.includes("believes") ? "SUCCESS" : "FAILED:unable to get local issuer certificate";
  const told = trust === "edge" || auth?.certPresented !== "1" ? auth : { ...auth, certVerified: verdict };
  const proven = await provenBy({ MTLS_TRUST: trust, STATION_CAS }, told, Date.now());
  if (!proven.ok) return proven.error;
  const allowedSkis = narrow ? [pki.stationCa.subjectKeyId] : [];
  const facts = verifyCertificate(proven.value, { allowedSkis, expiredIsProven: false }, Date.now());
  if (!facts.ok) return facts.error;
  const claims = {
    stationId: ID,
    transport: "mtls",
    basic: null,
    certificate: facts.value,
    offer: ["ocpp1.6"],
  } as const;
  const settings = { allowProfile0: true, enabledProtocols: PROTOCOLS };
  const registration = given === null ? null : registered(given, String(auth?.certFingerprintSHA256));
  const decided = await admit({ ...claims, offer: ["ocpp1.6"] }, registration, settings, async () => {
    throw new Error("no password decides here");
  });
  return decided.ok ? decided.value.securityProfile : decided.error;
}

function registered({ certificate = {}, ...more }: RegistrationCase, fingerprint: string): Registration {
  const { fingerprints: pins, ...names } = certificate;
  const fingerprints = pins?.map((pin) => (pin === "shown" ? fingerprint : "00".repeat(32)));
  return {
    ...{ securityProfile: 3, password: null, protocols: [], assumeProtocol: false, ...more },
    certificate: { commonName: ID, ...names, ...(fingerprints !== undefined && { fingerprints }) },
  };
}

test("Every certificate of the table is made, and every row says what becomes of it", () => {
  expect([...shown].filter(([, auth]) => auth === undefined)).toEqual([]);
  expect(ROWS.filter(({ outcome }) => outcome === "no row says")).toEqual([]);
  expect(ROWS.length).toBeGreaterThan(1_500);
});

test.each(Object.keys(CERTIFICATES))(
  "Whoever shows %s is admitted or refused as the table says",
  async (certificate) => {
    const rows = ROWS.filter((row) => row.certificate === certificate);
    const found = await Promise.all(
      rows.map(async (row) => {
        const outcome = await decide(shown.get(certificate), row.mode, REGISTRATIONS[row.registration] ?? null);
        return { ...row, outcome };
      }),
    );
    expect(found).toEqual(rows);
  },
);
