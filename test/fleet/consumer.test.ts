import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { migrated } from "../support/sqlite-d1.ts";

for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet", file));
const { ATTEMPTS_MAX, ...consumer } = await load("consumer.ts");
const consume = (messages: unknown, env: unknown) =>
  consumer.consume(messages, env, { replay: async () => {}, revoked: async () => {} });

const told = (stationId: string) => ({
  ...{ stationId, at: 1, incarnation: "one", sequence: 1, revision: 0 },
  station: {
    ...{ registeredProfile: 1, labels: {}, online: true, protocol: null, securityProfile: null },
    ...{ vendor: null, model: null, undelivered: false },
  },
});

interface Fleet {
  isLost?: boolean;
  /** A station whose transition the directory does not take. */
  poison?: string;
  numbers?: Record<string, number>;
}

/** As much of an environment as the consumer asks for, and what became of it. */
function environment({ isLost = false, poison = "none", numbers = {} }: Fleet = {}) {
  const taken: string[] = [];
  const sent: unknown[] = [];
  const written: unknown[] = [];
  const run = async (query: string, [value, second]: unknown[]) => {
    if (isLost) throw new Error("D1_ERROR: out of reach");
    if (query.startsWith("UPDATE stations")) {
      const ids = (JSON.parse(String(value)) as { stationId: string }[]).map(({ stationId }) => stationId);
      if (ids.includes(poison)) throw new Error("D1_ERROR: malformed JSON");
      // One of several statements for the same transitions.
      if (query.includes("SET online")) taken.push(...ids);
    }
    if (query.startsWith("INSERT OR IGNORE INTO audit")) written.push(JSON.parse(String(value)));
    if (query.startsWith("INSERT INTO fleet")) numbers[String(value)] = Number(second);
    return { results: [] };
  };
  const prepare = (query: string, values: unknown[] = []): object => ({
    bind: (...given: unknown[]) => prepare(query, given),
    run: () => run(query, values),
    all: () => run(query, values),
    first: async () => {
      await run(query, values);
      return query.startsWith("SELECT value") ? { value: numbers[String(values[0])] ?? 0 } : { one: 1 };
    },
  });
  const batch = (statements: { run(): Promise<unknown> }[]) => Promise.all(statements.map((each) => each.run()));
  const env = {
    DIRECTORY: { prepare, batch },
    TRANSITIONS: { send: async (message: unknown) => void sent.push(message) },
  };
  return { env, taken, sent, written, numbers };
}

/** Messages, and those that are to come again. */
function batch(bodies: unknown[], attempts = 1) {
  const again: unknown[] = [];
  const waits: number[] = [];
  const messages = bodies.map((body) => ({
    ...{ body, attempts },
    ack: () => {},
    retry: ({ delaySeconds }: { delaySeconds: number }) => {
      again.push(body);
      waits.push(delaySeconds);
    },
  }));
  return { messages, again, waits };
}

test("What was counted comes with transitions, with who was turned away, or alone, and again only if it was not taken", async () => {
  const { database, directory } = migrated();
  const sums = () =>
    JSON.parse(String(database.prepare("SELECT sums FROM metrics WHERE name = 'counters'").get()?.sums));
  const counts = (id: string, count: number) => ({ id, sums: { "o|ocpp1.6|1": count } });
  const [one, two] = [{ ...told("A"), counts: counts("a", 1) }, { counts: counts("b", 10) }];
  const refusals = [{ stationId: "A", firstAt: 1, lastAt: 2, count: 3, reason: "password-wrong" }];
  const newcomer = { ...refusals[0], stationId: "N", source: "s", remoteAddress: null, protocols: [], transport: "ws" };
  const three = {
    newcomers: [{ ...newcomer, certificate: null }],
    refusals,
    counts: { id: "c", sums: { "r|not-registered|3": 5 } },
  };
  const lost = environment({ isLost: true });
  const first = batch([one, two, three]);
  await consume(first.messages, lost.env);
  expect(first.again).toHaveLength(3);
  const env = { ...lost.env, DIRECTORY: directory };
  await consume(batch([one, two, three]).messages, env);
  await consume(batch([two, one]).messages, env);
  expect(sums()).toEqual({ "o|ocpp1.6|1": 11, "r|not-registered|3": 5 });
  expect(database.prepare("SELECT station_id FROM newcomers").all()).toEqual([{ station_id: "N" }]);
});

describe("The consumer of transitions", () => {
  test("has all come again later while the directory is out of reach, ever later", async () => {
    const { env } = environment({ isLost: true });
    const first = batch([told("A"), told("B")]);
    await consume(first.messages, env);
    expect(first.again).toHaveLength(2);
    const tenth = batch([told("A")], 10);
    await consume(tenth.messages, env);
    expect(Math.max(...first.waits)).toBeLessThanOrEqual(10);
    expect(tenth.waits[0]).toBeGreaterThanOrEqual(1_800);
  });

  test("lets one that the directory does not take hold up none of the others, and gives it up in the end", async () => {
    const { env, taken } = environment({ poison: "B" });
    const first = batch([told("A"), told("B"), told("C")]);
    await consume(first.messages, env);
    expect(taken).toEqual(["A", "C"]);
    expect(first.again).toEqual([told("B")]);
    const last = batch([told("B"), told("D")], 5);
    await consume(last.messages, env);
    expect(taken).toEqual(["A", "C", "D"]);
    expect(last.again).toEqual([]);
  });

  test("lets what is no message of the fleet hold up none either", async () => {
    const { env, taken } = environment();
    const given = batch(["text", null, 7, {}, { stationId: 5, sequence: 1, station: null }, told("A")]);
    await consume(given.messages, env);
    expect(taken).toEqual(["A"]);
    expect(given.again).toEqual([]);
  });

  test("writes what the audit has, all at once, and has it come again for as long as a message is kept", async () => {
    const said = (id: string) => ({
      audit: [{ at: 1, id, actor: "a", kind: "of later", stationId: null, detail: {} }],
    });
    const { env, written } = environment();
    await consume(batch([said("1"), { audit: [{ id: "damaged" }] }, said("2")]).messages, env);
    expect(written).toEqual([[...said("1").audit, ...said("2").audit]]);
    const { env: away } = environment({ isLost: true });
    const given = batch([said("1"), told("A")], ATTEMPTS_MAX - 1);
    await consume(given.messages, away);
    expect(given.again).toContainEqual(said("1"));
  });

  test("asks every station to say again how it stands, where an outage was longer than a message is kept", async () => {
    const { env, sent } = environment({ isLost: true });
    const { messages, again } = batch([told("A"), told("B")], ATTEMPTS_MAX);
    await consume(messages, env);
    expect(again).toEqual([]);
    expect(sent).toEqual([{ sayAgainAfter: null, lostAt: expect.any(Number) }]);
  });

  test("begins one such round for all that was lost before it", async () => {
    const now = Date.now();
    const { env, sent, numbers } = environment();
    const lost = (lostAt: number) => batch([{ sayAgainAfter: null, lostAt }]).messages;
    await consume(lost(now - 5_000), env);
    await consume(lost(now - 1_000), env);
    expect(sent).toEqual([{ sayAgainAfter: "" }]);
    numbers["said-again-at"] = now - 60_000;
    await consume(lost(now - 1_000), env);
    expect(sent).toHaveLength(2);
  });

  test("is given as many attempts by wrangler.toml as it makes", () => {
    const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
    expect(Number(/^max_retries = (\d+)$/m.exec(toml)?.[1])).toBe(ATTEMPTS_MAX);
  });
});
