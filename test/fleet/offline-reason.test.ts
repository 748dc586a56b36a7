import { expect, test } from "vitest";
import { OFFLINE_KINDS, offlineKind, offlineReason } from "../../src/fleet/offline-reason.ts";
import { CLOSE_REASONS } from "../../src/station/connection/close-reasons.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const said = (code: number, reason: string, more = {}) => offlineReason({ at: NOW, code, reason, ...more }, null, NOW);

test("Why a station is off is one sentence", () => {
  expect(said(1001, "closed by the station")).toBe("closed by the station, 1001");
  expect(said(1000, "maintenance")).toBe("closed by the station, 1000 (maintenance)");
  expect(said(1005, "closed by the station")).toBe("closed by the station, without a code");
  expect(said(1008, "silent", { silentMs: 610_000 })).toBe("silent for 10 min");
  expect(said(1008, "silent", { silentMs: 20_000 })).toBe("silent for 20 s");
  expect(said(1008, "silent", { silentMs: 86_400_000 })).toBe("silent for 24 h");
  expect(said(1006, "lost")).toBe("lost: no close was seen");
  expect(said(1006, "closed by the station")).toBe("lost: the connection broke");
  expect(offlineReason(null, null, NOW)).toBe("never connected");
  expect(offlineReason(undefined, null, NOW)).toBe("offline: the reason was not kept");
});

test("What was refused since says more than how the last connection ended", () => {
  const refusals = { count: 14, since: Date.UTC(2026, 10, 28, 8, 12), reason: "password-wrong" };
  expect(offlineReason(null, refusals, NOW)).toBe("refused 14 times since 08:12: password wrong");
  expect(offlineReason(null, { ...refusals, count: 1 }, NOW + 86_400_000)).toBe(
    "refused once since 2026-11-28 08:12: password wrong",
  );
  const before = { at: refusals.since + 1, code: 1001, reason: "" };
  expect(offlineReason(before, refusals, NOW)).toBe("closed by the station, 1001");
});

test("Each way in which this side closes a connection has a sentence and a kind of its own", () => {
  for (const [name, { code, reason }] of Object.entries(CLOSE_REASONS)) {
    // Its row goes with it; and of an observer or a CSMS's link, not of a station.
    if (["deregistered", "tooSlow", "outOfReach"].includes(name)) continue;
    expect(said(code, reason), name).not.toMatch(/^closed by the station/);
    expect(OFFLINE_KINDS, name).toContain(offlineKind({ at: NOW, code, reason }));
    expect(offlineKind({ at: NOW, code, reason }), name).not.toBe("station");
  }
});
