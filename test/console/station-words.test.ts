import { describe, expect, test } from "vitest";
import type { StationView } from "../../src/client/views.ts";
import { draftOf, withPart, withText } from "../../src/console/command-form/payload-draft.ts";
import { daysLeft } from "../../src/console/data/days-left.ts";
import { plainOf, treeOf } from "../../src/console/json/json-tree.ts";
import { formOf, isDangerous, registrationOf } from "../../src/console/pages/station/registration-form.ts";
import { bytes, connectorTone, endWords, lasted } from "../../src/console/pages/station/words.ts";

const NOW = Date.UTC(2026, 10, 28, 18);
const VIEW: StationView = {
  ...{ stationId: "CS1", securityProfile: 2, hasPassword: true, certificate: { commonName: "CS1" } },
  ...{ protocols: ["ocpp1.6"], assumeProtocol: false, labels: { site: "north" }, online: false, connection: null },
  ...{ boot: null, csms: { kind: "link", since: null, backlog: 0, registered: "link" }, locationHint: "weur" },
  queue: { commands: 0, events: 0, deadLetters: 0 },
  storage: { bytes: 0, rows: 0, rowsWritten: 0, rowsRead: 0 },
} as StationView;

describe("A station in words", () => {
  test("has as many days left as its certificate, which is told before it is too late", () => {
    const inDays = (days: number) => daysLeft(new Date(NOW + days * 86_400_000).toISOString(), NOW);
    expect([inDays(364.9), inDays(20), inDays(1.5), inDays(0.5), inDays(-0.5), inDays(-3)]).toEqual([
      { tone: "good", words: "364 days left", short: "364 d" },
      { tone: "warn", words: "20 days left", short: "20 d" },
      { tone: "bad", words: "1 day left", short: "1 d" },
      { tone: "bad", words: "expires today", short: "today" },
      { tone: "bad", words: "expired a day ago", short: "ended" },
      { tone: "bad", words: "expired 3 days ago", short: "ended" },
    ]);
    expect(daysLeft("never", NOW).tone).toBe("plain");
  });

  test("ends a connection by whose word it was, and keeps a station's own", () => {
    expect([
      endWords(1008, "superseded"),
      endWords(1000, "disconnected by the operator"),
      endWords(1006, null),
      endWords(1001, "going to sleep"),
      endWords(4000, "mine"),
      endWords(null, null),
    ]).toEqual([
      "a newer connection took its place",
      "disconnected by an operator",
      "lost: no close was seen",
      "the station went away: going to sleep",
      "mine",
      "not known",
    ]);
  });

  test("shows a fault before a status, and sizes and spans as people read them", () => {
    const tones = [
      ["Available", undefined],
      ["Available", "GroundFailure"],
      ["Faulted", "NoError"],
      ["Unavailable", ""],
      ["Charging", "NoError"],
    ] as const;
    expect(tones.map(([status, error]) => connectorTone(status, error))).toEqual(["good", "bad", "bad", "off", "warn"]);
    expect([lasted(59.4), lasted(61), lasted(3_700), lasted(90_000)]).toEqual([
      "59 s",
      "1 min 1 s",
      "1 h 1 min",
      "1 d 1 h",
    ]);
    expect([bytes(999), bytes(16_384), bytes(12_000_000)]).toEqual(["999 B", "16 KB", "12.0 MB"]);
  });
});

describe("A registration's form", () => {
  test("says all again that a PUT would reset, what no field shows too", () => {
    expect(registrationOf(formOf(VIEW), VIEW)).toEqual({
      ok: true,
      registration: {
        ...{ securityProfile: 2, protocols: ["ocpp1.6"], csms: "link", locationHint: "weur" },
        labels: { site: "north" },
      },
    });
  });

  test("changes what was changed, keeps a password that nobody changed, and reads a certificate's names", () => {
    const view: StationView = {
      ...VIEW,
      certificate: { commonName: "other", organization: "O", fingerprints: ["ab", "cd"] },
      ...{ validation: "lenient", heartbeatIntervalSeconds: 60, assumeProtocol: true },
    };
    const form = { ...formOf(view), password: "new", newPassword: " with blanks ", labels: "a=b=c\n d = e " } as const;
    expect(registrationOf(form, view)).toEqual({
      ok: true,
      registration: {
        ...{ securityProfile: 2, protocols: ["ocpp1.6"], csms: "link", locationHint: "weur", validation: "lenient" },
        ...{ password: " with blanks ", passwordOverlap: true, assumeProtocol: true, heartbeatIntervalSeconds: 60 },
        certificate: { commonName: "other", organization: "O", fingerprints: ["ab", "cd"] },
        labels: { a: "b=c", d: "e" },
      },
    });
  });

  test("names what is no label and no number, and asks for the station's name where it may lose it", () => {
    const form = formOf(VIEW);
    const made = registrationOf({ ...form, labels: "site", heartbeat: "often", password: "new" }, VIEW);
    expect(made.ok === false && [...made.faults.keys()].sort()).toEqual([
      "heartbeatIntervalSeconds",
      "labels",
      "password",
    ]);
    expect(isDangerous(form, VIEW)).toBe(false);
    expect(isDangerous({ ...form, labels: "x=y" }, VIEW)).toBe(false);
    for (const change of [{ securityProfile: "3" }, { password: "generate" }, { apply: "now" }] as const)
      expect(isDangerous({ ...form, ...change }, VIEW)).toBe(true);
  });
});

test("A payload's form and its text follow each other, and a text that is none keeps the form as it was", () => {
  let draft = withPart(draftOf(treeOf({ a: 1 })), ["b", 0], treeOf("x"));
  expect(JSON.parse(draft.text)).toEqual({ a: 1, b: ["x"] });
  draft = withText(draft, '{"a": 2.50');
  expect([draft.fault?.line, draft.text, plainOf(draft.json)]).toEqual([1, '{"a": 2.50', { a: 1, b: ["x"] }]);
  draft = withText(draft, '{"a": 2.50}');
  expect(draft).toMatchObject({ fault: null, text: '{"a": 2.50}' });
  // A part is changed, the digits of the others stay.
  expect(withPart(draft, ["c"], treeOf(true)).text).toContain('"a": 2.50');
  expect(withText(draft, "[]").fault?.message).toContain("an object");
});
