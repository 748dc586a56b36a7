import { describe, expect, test } from "vitest";
import { type Knock, Knocks } from "../../src/security/knocks.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NONE = new Set<string>();

const knock = (stationId: string, at = 0, more: Partial<Knock> = {}): Knock => ({
  ...{ stationId, at, reason: "not-registered", remoteAddress: "192.0.2.1", transport: "http", offer: ["ocpp1.6"] },
  certificate: null,
  ...more,
});
/** What is told at that time. */
const told = (knocks: Knocks, now: number, registered: ReadonlySet<string> = NONE) =>
  knocks.take(knocks.due(now), registered, now);
const brief = ({ stationId, count }: { stationId: string; count: number }) => [stationId, count];

/** Knocks, and what was told by one message every ten seconds. */
function flood(knocks: Knocks, names: number, addressOf: (index: number) => string, from = 0): string[] {
  const ids: string[] = [];
  for (let index = 0; index < names; index++) {
    const now = from + index;
    knocks.note(knock(`MADE-UP-${index}`, now, { remoteAddress: addressOf(index) }), false);
    if (index % (10 * SECOND) === 0) ids.push(...told(knocks, now).newcomers.map(({ stationId }) => stationId));
  }
  return ids;
}

describe("A newcomer", () => {
  test("is told at once, and after that once an hour with how often it knocked", () => {
    const knocks = new Knocks();
    expect(knocks.note(knock("A", 5), false)).toBe(true);
    expect(told(knocks, 5).newcomers.map(brief)).toEqual([["A", 1]]);
    for (let at = MINUTE; at < HOUR; at += MINUTE) expect(knocks.note(knock("A", at), false)).toBe(false);
    expect(told(knocks, HOUR).newcomers).toEqual([]);
    expect(knocks.note(knock("A", HOUR + 5), false)).toBe(true);
    const [sum] = told(knocks, HOUR + 5).newcomers;
    expect(sum).toMatchObject({ stationId: "A", count: 60, firstAt: MINUTE, at: HOUR + 5 });
  });

  test.each<[string, (knocks: Knocks) => void]>([
    ["was registered", (knocks) => knocks.registered("A")],
    ["was let in", (knocks) => knocks.connected("A")],
    ["was refused as a station", (knocks) => knocks.note(knock("A", 6, { reason: "password-wrong" }), true)],
  ])("is told at once where it %s and is deregistered since", (_, meanwhile) => {
    const knocks = new Knocks();
    knocks.note(knock("A", 5), false);
    told(knocks, 5);
    meanwhile(knocks);
    knocks.note(knock("A", 7), false);
    expect(told(knocks, 7).newcomers.map(brief)).toEqual([["A", 1]]);
  });

  test("is told again with the next message, where the queue did not take the first", () => {
    const knocks = new Knocks();
    knocks.note(knock("A", 5), false);
    knocks.giveBack(told(knocks, 5));
    knocks.note(knock("A", 6), false);
    expect(told(knocks, 7).newcomers).toMatchObject([{ stationId: "A", count: 2, firstAt: 5, at: 6 }]);
  });

  test("is told although the clock was set back", () => {
    const knocks = new Knocks();
    knocks.note(knock("A", HOUR), false);
    told(knocks, HOUR);
    knocks.note(knock("A", 5), false);
    expect(told(knocks, 5).newcomers.map(brief)).toEqual([["A", 1]]);
  });
});

describe("A registered station that is refused", () => {
  const refused = (at: number, reason: Knock["reason"] = "password-wrong") => knock("A", at, { reason });

  test("is told at once, and after that once a minute with how often and the newest reason", () => {
    const knocks = new Knocks();
    knocks.note(refused(0), true);
    expect(told(knocks, 0).refusals.map(brief)).toEqual([["A", 1]]);
    for (let at = SECOND; at < MINUTE; at += SECOND) expect(knocks.note(refused(at), true)).toBe(false);
    knocks.note(refused(MINUTE, "profile-too-low"), true);
    expect(told(knocks, MINUTE).refusals).toMatchObject([{ stationId: "A", count: 60, reason: "profile-too-low" }]);
  });

  test("is one also where nobody looked before it was turned away, and no newcomer", () => {
    const knocks = new Knocks();
    knocks.note(refused(0, "credentials-missing"), null);
    knocks.note(knock("B", 0, { reason: "credentials-missing" }), null);
    const { newcomers, refusals } = told(knocks, 0, new Set(["A"]));
    expect([newcomers.map(brief), refusals.map(brief)]).toEqual([[["B", 1]], [["A", 1]]]);
    knocks.note(knock("B", 2 * MINUTE, { reason: "credentials-missing" }), null);
    // It is looked for once a minute, and told once an hour.
    expect(knocks.due(2 * MINUTE).map(brief)).toEqual([["B", 1]]);
    expect(told(knocks, 2 * MINUTE).newcomers).toEqual([]);
    expect(knocks.due(2 * MINUTE)).toEqual([]);
    // Registered meanwhile.
    knocks.note(knock("B", 4 * MINUTE, { reason: "credentials-missing" }), null);
    expect(told(knocks, 4 * MINUTE, new Set(["B"])).refusals.map(brief)).toEqual([["B", 2]]);
  });

  test("is not reproached with what came before its registration, nor with what came before it was let in", () => {
    const knocks = new Knocks();
    knocks.note(knock("A", 0), false);
    told(knocks, 0);
    for (const at of [1, 2, 3]) knocks.note(knock("A", at), false);
    knocks.note(refused(4), true);
    expect(told(knocks, 4).refusals).toMatchObject([{ stationId: "A", count: 1, firstAt: 4 }]);
    for (const at of [5, 6]) knocks.note(refused(at), true);
    knocks.connected("A");
    knocks.connected("NOBODY");
    knocks.note(refused(MINUTE + 5), true);
    expect(told(knocks, MINUTE + 5).refusals).toMatchObject([{ stationId: "A", count: 1, firstAt: MINUTE + 5 }]);
  });
});

describe("A flood of 100,000 made-up names", () => {
  test("from one address is told of in a hundred, and then ten a minute", () => {
    const ids = flood(new Knocks(), 100_000, () => "192.0.2.66");
    expect(ids.length).toBeLessThanOrEqual(100 + 10 * 2);
    expect(ids.length).toBeGreaterThan(90);
  });

  test("from the many networks of one IPv6 site is one site's", () => {
    const ids = flood(new Knocks(), 100_000, (index) => `2001:db8:7:${index.toString(16).slice(-4)}::1`);
    expect(ids.length).toBeLessThanOrEqual(100 + 10 * 2);
  });

  test("from thousands of addresses is fifty a message, and holds no more than a thousand in memory", () => {
    const knocks = new Knocks();
    const ids = flood(knocks, 100_000, (index) => `10.0.${(index >> 4) % 256}.${index >> 12}`);
    expect(ids.length).toBeLessThanOrEqual(10 * 50);
    let rest = 0;
    for (;;) {
      const { newcomers } = told(knocks, 100_000);
      if (newcomers.length === 0) break;
      rest += newcomers.length;
    }
    expect(rest).toBeLessThanOrEqual(1_000);
  });

  test.each([
    ["from one address", () => "192.0.2.66"],
    ["from twenty", (index: number) => `192.0.2.${100 + (index % 20)}`],
  ])("hides nobody else's: %s", (_, addressOf) => {
    const knocks = new Knocks();
    flood(knocks, 50_000, addressOf);
    knocks.note(knock("REAL-1", 50_000, { remoteAddress: "198.51.100.1" }), false);
    knocks.note(knock("REAL-2", 50_000, { remoteAddress: "2001:db8:99::5" }), false);
    knocks.note(knock("REAL-3", 50_000, { remoteAddress: "198.51.100.3", reason: "password-wrong" }), true);
    const ids = flood(knocks, 50_000, addressOf, 50_001);
    expect(ids.filter((id) => id.startsWith("REAL"))).toEqual(["REAL-1", "REAL-2"]);
    expect(ids.indexOf("REAL-2")).toBeLessThan(50);
  });
});
