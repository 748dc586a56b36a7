import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { DoorReport, Newcomer } from "../../src/fleet/door-report.ts";
import { migrated } from "../support/sqlite-d1.ts";

for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet", file));
const { consume } = await load("consumer.ts");
const { listNewcomers } = await load("newcomers.ts");
const { putRegistration, removeRegistration } = await load("registrations.ts");

const seen = (stationId: string, lastAt: number, more: Partial<Newcomer> = {}): Newcomer => ({
  ...{ stationId, firstAt: lastAt, lastAt, count: 1, reason: "not-registered", source: "192.0.2.1" },
  ...{ remoteAddress: "192.0.2.1", protocols: ["ocpp1.6"], transport: "ws", certificate: null },
  ...more,
});
const report = (newcomers: Newcomer[]): DoorReport => ({ newcomers, refusals: [] });
const station = {
  ...{ registeredProfile: 1, labels: {}, online: false, protocol: null, securityProfile: null },
  ...{ vendor: null, model: null, undelivered: false },
};
const registration = (stationId: string) => ({
  ...{ stationId, at: 1, incarnation: "one", sequence: 1, revision: 0, station },
});

/** Messages of the queue, all in one batch. @returns those that are to come again */
async function told(directory: object, bodies: unknown[], attempts = 1): Promise<unknown[]> {
  const again: unknown[] = [];
  const messages = bodies.map((body) => ({ body, attempts, ack: () => {}, retry: () => again.push(body) }));
  await consume(messages, { DIRECTORY: directory }, async () => {});
  return again;
}
const list = (directory: object, more: object = {}) =>
  listNewcomers(directory, { limit: 2_000, cursor: null, prefix: null, ...more });
const ids = async (directory: object, more: object = {}) =>
  (await list(directory, more)).newcomers.map(({ stationId }: Newcomer) => stationId);

describe("The list of newcomers", () => {
  test("has one row an identity, with what was shown last and how often it knocked in all", async () => {
    const { database, directory } = migrated();
    const certificate = { subject: "CN=A", fingerprint: "ab".repeat(32), verdict: "FAILED:self signed certificate" };
    await told(directory, [
      report([seen("A", 5_000, { transport: "mtls", certificate, protocols: ["ocpp2.0.1", "x"] })]),
    ]);
    // One came late, and one twice.
    const late = report([seen("A", 3_000, { firstAt: 1_000, count: 4, remoteAddress: "198.51.100.9" })]);
    await told(directory, [late, report([seen("B", 4_000)]), report([seen("B", 4_500, { count: 2 })])]);
    expect(await list(directory)).toEqual({
      newcomers: [
        {
          ...{ stationId: "A", firstSeen: "1970-01-01T00:00:01.000Z", lastSeen: "1970-01-01T00:00:05.000Z", count: 5 },
          ...{ remoteAddress: "192.0.2.1", protocols: ["ocpp2.0.1", "x"], transport: "mtls", certificate },
          reason: "not-registered",
        },
        {
          ...{ stationId: "B", firstSeen: "1970-01-01T00:00:04.000Z", lastSeen: "1970-01-01T00:00:04.500Z", count: 3 },
          ...{ remoteAddress: "192.0.2.1", protocols: ["ocpp1.6"], transport: "ws", certificate: null },
          reason: "not-registered",
        },
      ],
      cursor: null,
    });
    expect(database.prepare("SELECT count(*) AS rows FROM newcomers").get()).toEqual({ rows: 2 });
  });

  test("keeps the newest thousand of 1,500 names", async () => {
    const { directory } = migrated();
    const names = Array.from({ length: 1_500 }, (_, index) => seen(`N${index}`, index));
    for (let from = 0; from < names.length; from += 50) await told(directory, [report(names.slice(from, from + 50))]);
    const kept = await ids(directory);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, "N1499", "N500"]);
  });

  test("lets who sends many names take no place of those who send few", async () => {
    const { directory } = migrated();
    const from = (address: string) => ({ source: address, remoteAddress: address });
    const depot = Array.from({ length: 40 }, (_, index) => seen(`DEPOT-${index}`, index, from("198.51.100.1")));
    await told(directory, [report([seen("ALONE", 0, from("203.0.113.1")), ...depot])]);
    for (let wave = 0; wave < 30; wave++) {
      const names = Array.from({ length: 50 }, (_, index) =>
        seen(`X${wave}-${index}`, 100 + wave, from(`192.0.2.${index % 10}`)),
      );
      await told(directory, [report(names)]);
    }
    const kept = await ids(directory);
    expect(kept.length).toBe(1_000);
    expect(kept.filter((id: string) => /^(?:ALONE|DEPOT)/.test(id))).toHaveLength(41);
    expect(kept.slice(0, 50).every((id: string) => id.startsWith("X29-"))).toBe(true);
  });

  test("loses who is registered, and is brought nobody back by a word that came late", async () => {
    const { directory } = migrated();
    await told(directory, [report([seen("A", 1), seen("B", 2)])]);
    await putRegistration(directory, registration("A"));
    await told(directory, [report([seen("A", 3), seen("B", 3)])]);
    expect(await ids(directory)).toEqual(["B"]);
    await removeRegistration(directory, "A", { incarnation: "one", head: 1 });
    expect(await ids(directory)).toEqual(["B"]);
    await told(directory, [report([seen("A", 9)])]);
    expect(await ids(directory)).toEqual(["A", "B"]);
  });

  test("does not show whom an older release registered", async () => {
    const { database, directory } = migrated();
    await told(directory, [report([seen("A", 1)])]);
    database.exec(`INSERT INTO stations (station_id, at, sequence, deregistered, labels, online, undelivered)
      VALUES ('A', 1, 1, 0, '{}', 0, 0)`);
    expect(await ids(directory)).toEqual([]);
  });

  test("is shown page by page, and by the beginning of the identities", async () => {
    const { directory } = migrated();
    const names = ["N-1", "S-2", "n-3", "N-4", "N%5", "N_6", "N 7"];
    await told(directory, [report(names.map((id, index) => seen(id, 1_000 + Math.floor(index / 2))))]);
    const pages: string[][] = [];
    let cursor: string | null = null;
    do {
      const page: { newcomers: Newcomer[]; cursor: string | null } = await list(directory, { limit: 3, cursor });
      pages.push(page.newcomers.map(({ stationId }) => stationId));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(pages).toEqual([["N 7", "N%5", "N_6"], ["N-4", "n-3", "N-1"], ["S-2"]]);
    expect(await ids(directory, { prefix: "N-" })).toEqual(["N-4", "N-1"]);
    expect(await ids(directory, { prefix: "N_" })).toEqual(["N_6"]);
  });

  test("takes what it was told again later where D1 is out of reach, and gives it up in the end", async () => {
    const { directory } = migrated();
    const lost = { ...directory, batch: () => Promise.reject(new Error("D1_ERROR: out of reach")) };
    const body = report([seen("A", 1)]);
    expect(await told(lost, [body])).toEqual([body]);
    expect(await told(lost, [body], 5)).toEqual([]);
    expect(await told(directory, [body, { newcomers: [{}], refusals: [] }, { newcomers: [] }])).toEqual([]);
    expect(await ids(directory)).toEqual(["A"]);
  });
});
