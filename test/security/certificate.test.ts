import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  askerFault,
  certificateSigned,
  type Issuance,
  requested,
  sending,
  signed,
  signing,
  told,
} from "../../src/security/certificate/issuance.ts";
import { isLetIn, registeredAnew, withNext, withoutNext, withUsed } from "../../src/security/certificate/succession.ts";
import { asked, dueToTell, renewalAt, toldNextAt } from "../../src/security/certificate/watch.ts";

const DAY_MS = 86_400_000;
const registered = (fingerprints?: string[]) => ({
  certificate: { commonName: "CS001", ...(fingerprints !== undefined && { fingerprints }) },
});

describe("Of a station's certificates", () => {
  test("the one that it uses counts, and those that it may have by now, whatever is issued, refused and used", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("issue" as const) }),
      fc.record({ kind: fc.constant("refuse" as const), which: fc.nat(3) }),
      fc.record({ kind: fc.constant("use" as const), which: fc.nat(3) }),
      fc.record({ kind: fc.constant("say-again" as const) }),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 120 }), (isPinned, steps) => {
        let registration: Parameters<typeof isLetIn>[0] = registered(isPinned ? ["0"] : undefined);
        const first = registration.certificate.fingerprints;
        let used = "0";
        let number = 0;
        /** Newest first, four at most: what it may have and has not used. */
        let may: string[] = [];
        const gone: string[] = [];
        for (const each of steps) {
          if (each.kind === "issue") {
            may = [`${++number}`, ...may].slice(0, 4);
            registration = withNext(registration, `${number}`);
          } else if (each.kind === "say-again") {
            const { fingerprints, issued } = registeredAnew(registration, first, used);
            const certificate = { commonName: "CS001", ...(fingerprints !== undefined && { fingerprints }) };
            registration = { certificate, ...(issued !== undefined && { issued }) };
          } else {
            const fingerprint = may[each.which];
            if (fingerprint === undefined) continue;
            if (each.kind === "refuse") {
              registration = withoutNext(registration, fingerprint);
              may = may.filter((other) => other !== fingerprint);
            } else {
              registration = withUsed(registration, fingerprint, used);
              gone.push(used);
              used = fingerprint;
              may = may.slice(0, each.which);
            }
          }
          for (const fingerprint of [used, ...may])
            expect([fingerprint, isLetIn(registration, fingerprint)]).toEqual([fingerprint, true]);
          for (const fingerprint of gone.slice(-4))
            expect([fingerprint, isLetIn(registration, fingerprint)]).toEqual([fingerprint, false]);
          expect(registration.issued?.next?.length ?? 0).toBeLessThanOrEqual(4);
          expect(registration.issued?.retired?.length ?? 0).toBeLessThanOrEqual(16);
        }
        expect(isLetIn(registration, "a stranger's")).toBe(!isPinned);
      }),
    );
  });

  test("those alone count that a registration names which names none of those that did", () => {
    const before: Parameters<typeof isLetIn>[0] = withNext(withUsed(withNext(registered(["A"]), "B"), "B", "A"), "C");
    expect(before).toMatchObject({
      certificate: { fingerprints: ["B"] },
      issued: { next: ["C"], current: "B", retired: ["A"] },
    });
    const anew = (...named: string[]) => {
      const { fingerprints = [], issued } = registeredAnew(before, named, "B");
      const registration = { certificate: { commonName: "CS001", fingerprints }, ...(issued && { issued }) };
      return ["A", "B", "C", "D"].filter((each) => isLetIn(registration, each));
    };
    expect(anew("A")).toEqual(["B", "C"]);
    expect(anew("B", "D")).toEqual(["B", "C", "D"]);
    expect(anew("D")).toEqual(["D"]);
    expect(registeredAnew(registered(), ["A"], null)).toEqual({ fingerprints: ["A"] });
    expect(registeredAnew(before, undefined, "B")).toEqual({ ...(before.issued && { issued: before.issued }) });
  });

  test("none is issued over a connection that proves nothing", () => {
    expect([0, 1, 2, 3].map((profile) => askerFault(profile, false) === null)).toEqual([false, true, true, true]);
    expect(askerFault(0, true)).toBeNull();
  });
});

describe("A certificate on its way", () => {
  const certificate = {
    chain: "PEM",
    fingerprint: "ab",
    subject: "",
    issuer: "",
    issuerKeyId: null,
    serialNumber: "1",
    notAfter: 9,
  };
  const issuance = (): Issuance => requested(undefined, { csr: "A", requestId: 1 }, "one", 0).issuance;
  const sent = (): Issuance => sending({ ...issuance(), state: "sending", certificate }, "c", 0);

  test("is the newest that was asked for; the same request again is the same, under its newest number", () => {
    expect(requested(issuance(), { csr: "B" }, "two", 5).issuance).toMatchObject({ id: "two", csr: "B", againAt: 5 });
    expect(requested(issuance(), { csr: "A", requestId: 2 }, "two", 5)).toEqual({
      issuance: { ...issuance(), requestId: 2 },
    });
    const again = requested(sent(), { csr: "A", requestId: 2 }, "two", 5);
    expect(again).toMatchObject({ outdated: "c", issuance: { id: "one", requestId: 2, state: "sending", againAt: 5 } });
    expect(again.issuance.command).toBeUndefined();
    expect(requested(sent(), { csr: "B" }, "two", 5)).toMatchObject({ outdated: "c", issuance: { state: "signing" } });
  });

  test("is asked of an issuer so often and no more, at growing distances, or when that says", () => {
    let at = 0;
    let one = issuance();
    const waits: number[] = [];
    for (;;) {
      one = signing(one, at);
      const step = signed(one, { kind: "later", reason: "busy" }, at, 0.999);
      if (step.kind !== "on") {
        expect(step).toMatchObject({ kind: "failed", reason: "busy (12 times)" });
        break;
      }
      one = step.issuance;
      waits.push((one.againAt ?? 0) - at);
      at = one.againAt ?? 0;
    }
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(at).toBeLessThan(8 * 3_600_000);
    const patient = signed(signing(issuance(), 0), { kind: "later", reason: "", afterMs: DAY_MS }, 0, 0);
    expect(patient.issuance.againAt).toBe(DAY_MS);
    expect(signed(one, { kind: "refused", reason: "no" }, 0, 0)).toMatchObject({ kind: "failed", reason: "no" });
  });

  test("is told again where nobody knows whether it came, at the station's return where it was not said, never where it said no", () => {
    const kinds = (ended: Parameters<typeof told>[1], of = sent()) => told(of, ended, 7);
    expect(kinds({ kind: "answered", status: "Accepted" }).kind).toBe("taken");
    expect(kinds({ kind: "answered", status: "Rejected", detail: "x" })).toMatchObject({
      kind: "not-taken",
      reason: "the station said Rejected (x)",
    });
    expect(kinds({ kind: "refused", reason: "NotImplemented: " }).kind).toBe("not-taken");
    expect(kinds({ kind: "unknown" })).toMatchObject({ kind: "on", issuance: { againAt: 7 } });
    expect(kinds({ kind: "unknown" }, { ...sent(), attempts: 5 })).toMatchObject({ kind: "failed" });
    const away = kinds({ kind: "unsent", isCancelled: false });
    expect([away.kind, away.issuance.againAt, away.issuance.command]).toEqual(["on", undefined, undefined]);
    expect(kinds({ kind: "unsent", isCancelled: true }).kind).toBe("failed");
    expect(sending(sent(), null, 7)).toMatchObject({ againAt: 60_007, attempts: 1 });
    expect(sending(sent(), "d", 7)).toMatchObject({ command: "d", attempts: 2 });
  });

  test("goes out in the words of the station's version", () => {
    const of = (protocol: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1") => certificateSigned(sent(), protocol).payload;
    const type = { certificateType: "ChargingStationCertificate" };
    expect(of("ocpp1.6")).toEqual({ certificateChain: "PEM" });
    expect(of("ocpp2.0.1")).toEqual({ certificateChain: "PEM", ...type });
    expect(of("ocpp2.1")).toEqual({ certificateChain: "PEM", ...type, requestId: 1 });
  });
});

describe("The end of a certificate", () => {
  test("is told of once for each threshold, however seldom somebody looks", () => {
    const looks = fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(looks, (days) => {
        const notAfter = 40 * DAY_MS;
        const told: number[] = [];
        for (const now of days.map((each) => each * DAY_MS).toSorted((a, b) => a - b)) {
          const known = { notAfter, told: told.at(-1) };
          const due = dueToTell(known, now);
          const next = toldNextAt(
            { fingerprint: "", since: 0, notAfter, ...(told.length > 0 && { told: known.told }) } as never,
            now,
          );
          if (due === null) {
            if (next !== null) expect(next).toBeGreaterThan(now);
            continue;
          }
          expect(next).toBe(now);
          expect(notAfter - due * DAY_MS).toBeLessThanOrEqual(now);
          told.push(due);
        }
        expect(told).toEqual([...new Set(told)].toSorted((a, b) => b - a));
      }),
    );
  });

  test("has its renewal within the time that is asked for, spread, and never before half of what was left", () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 32 - 1),
        fc.integer({ min: 1, max: 800 }),
        fc.integer({ min: 1, max: 365 }),
        (chance, life, before) => {
          const fingerprint = chance.toString(16).padStart(8, "0").padEnd(64, "0");
          const notAfter = life * DAY_MS;
          const at = renewalAt({ fingerprint, notAfter, since: 0 }, before);
          expect(at).toBeGreaterThanOrEqual(Math.max(notAfter - before * DAY_MS, notAfter / 2));
          expect(at).toBeLessThan(notAfter);
          const renewal = asked({ fingerprint, notAfter, since: 0 }, "c", at);
          expect(renewal.againAt).toBeGreaterThanOrEqual(at + 6 * 3_600_000);
        },
      ),
    );
    const spread = Array.from({ length: 100 }, (_, index) =>
      renewalAt(
        {
          fingerprint: ((index * 2 ** 32) / 100).toString(16).slice(0, 8).padStart(8, "0"),
          notAfter: 365 * DAY_MS,
          since: 0,
        },
        40,
      ),
    );
    expect((Math.max(...spread) - Math.min(...spread)) / DAY_MS).toBeGreaterThan(9);
  });
});
