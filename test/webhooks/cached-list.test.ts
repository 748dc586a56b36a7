import { describe, expect, test } from "vitest";
import { ASKED_MAX_MS, CachedList, NotAskedYet } from "../../src/webhooks/cached-list.ts";
import { nextDrainAt } from "../../src/delivery/outbox.ts";
import { Random } from "../../src/simulator/station/random.ts";

const T0 = 1_000_000_000;
const overloaded = () => Promise.reject(Object.assign(new Error("too busy"), { overloaded: true }));
const lost = () => Promise.reject(new Error("Network connection lost."));

describe("A list that one object keeps for all", () => {
  test("is asked for once by all who want it at the same time, and then not for some 30 s", async () => {
    const cache = new CachedList<string[]>(() => 0);
    let asked = 0;
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const ask = () => {
      asked++;
      return promise;
    };
    const waiting = Array.from({ length: 1_000 }, () => cache.get(ask, T0));
    resolve(["a"]);
    expect(new Set((await Promise.all(waiting)).flat())).toEqual(new Set(["a"]));
    await cache.get(ask, T0 + 29_999);
    expect(asked).toBe(1);
    await cache.get(ask, T0 + 30_000);
    expect(asked).toBe(2);
  });

  test("is served as it was while its home gives no answer, and asked for ever more seldom", async () => {
    const cache = new CachedList<string[]>(() => 0.5);
    await cache.get(async () => ["old"], T0);
    const asks: number[] = [];
    for (let now = T0 + 40_000; now < T0 + 640_000; now += 100) {
      const ask = () => {
        asks.push(now);
        return lost();
      };
      expect(await cache.get(ask, now)).toEqual(["old"]);
    }
    const waits = asks.slice(1).map((at, index) => at - (asks[index] ?? 0));
    expect(waits.slice(0, 4)).toEqual([3_000, 6_000, 12_000, 24_000]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    expect(asks.length).toBeLessThan(20);
    // What was changed is asked for at once, and until there is an answer the old list is better than none.
    cache.forget();
    expect(await cache.get(lost, T0 + 641_000)).toEqual(["old"]);
    cache.forget();
    expect(await cache.get(async () => ["new"], T0 + 641_001)).toEqual(["new"]);
  });

  test("is not asked for again at once of a home that is overloaded, where none is known", async () => {
    const cache = new CachedList<string[]>(() => 0);
    await expect(cache.get(overloaded, T0)).rejects.toThrow("too busy");
    await expect(cache.get(overloaded, T0 + 7_999)).rejects.toThrow(NotAskedYet);
    expect(await cache.get(async () => ["a"], T0 + 8_000)).toEqual(["a"]);
  });

  test("is asked for by another where who asked first is gone, whose answer then counts for nothing", async () => {
    const cache = new CachedList<string[]>(() => 0);
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const first = cache.get(() => promise, T0);
    expect(await cache.get(async () => ["second"], T0 + ASKED_MAX_MS)).toEqual(["second"]);
    resolve(["first"]);
    await first;
    expect(cache.known(T0 + ASKED_MAX_MS)).toEqual(["second"]);
  });

  test("that has changed while it was on its way is asked for anew, once for all who are told of the change", async () => {
    const cache = new CachedList<string[]>(() => 0);
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const before = cache.get(() => promise, T0);
    cache.forget("replay 1");
    resolve(["before"]);
    await before;
    expect(cache.known(T0)).toBeNull();
    let asked = 0;
    for (let station = 0; station < 200; station++) {
      cache.forget("replay 1");
      await cache.get(async () => [`${++asked}`], T0 + station);
    }
    expect(asked).toBe(1);
    cache.forget("replay 2");
    expect(cache.known(T0)).toBeNull();
  });

  test("neither grows old nor waits for ever after the clock was set back", async () => {
    const cache = new CachedList<string[]>(() => 0);
    await cache.get(async () => ["a"], T0);
    expect(cache.known(T0 - 3_600_000)).toBeNull();
    await cache.get(lost, T0 + 60_000);
    expect(await cache.get(async () => ["b"], T0 - 3_600_000)).toEqual(["b"]);
  });
});

/** What reaches the registry, second by second. */
interface Load {
  perSecond: number[];
  /** Stations whose event waits still. */
  waiting: number;
}

const STATIONS = 100_000;
const OUTAGE = { from: 120, to: 420 };
const SECONDS = 540;
/** Each station has an event in so many seconds. */
const EVENT_EVERY = 60;

/** 100,000 stations in some isolates, an event each a minute, and a registry that says for five minutes that it is overloaded. */
async function simulated(isolates: number): Promise<Load> {
  const seeded = new Random(7);
  const random = () => seeded.next();
  const caches = Array.from({ length: isolates }, () => new CachedList<string[]>(random));
  const perSecond = new Array<number>(SECONDS).fill(0);
  const events: number[][] = Array.from({ length: SECONDS }, () => []);
  const retries: number[][] = Array.from({ length: SECONDS + 900 }, () => []);
  for (let station = 0; station < STATIONS; station++) {
    for (let at = Math.floor(random() * EVENT_EVERY); at < SECONDS; at += EVENT_EVERY) events[at]?.push(station);
  }
  const waitingSince = new Map<number, number>();
  for (let second = 0; second < SECONDS; second++) {
    const now = T0 + second * 1_000;
    const ask = () => {
      perSecond[second] = (perSecond[second] ?? 0) + 1;
      return second >= OUTAGE.from && second < OUTAGE.to ? overloaded() : Promise.resolve(["webhook"]);
    };
    const drain = async (station: number) => {
      try {
        const cache = caches[station % isolates] as CachedList<string[]>;
        if (cache.known(now) === null) await cache.get(ask, now);
        waitingSince.delete(station);
      } catch {
        const since = waitingSince.get(station) ?? now;
        waitingSince.set(station, since);
        retries[Math.ceil((nextDrainAt(since, now, 2_000, random()) - T0) / 1_000)]?.push(station);
      }
    };
    const due = (retries[second] ?? []).filter((station) => waitingSince.has(station));
    const asking: Promise<void>[] = [];
    for (const station of [...due, ...(events[second] ?? [])]) {
      if (caches[station % isolates]?.known(now) === null) asking.push(drain(station));
      else waitingSince.delete(station);
    }
    await Promise.all(asking);
  }
  return { perSecond, waiting: waitingSince.size };
}

const peak = (numbers: number[]) => numbers.reduce((most, each) => Math.max(most, each), 0);
const mean = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

describe("A hundred thousand stations with an event a minute", () => {
  test.each([
    // isolates, requests a second: in good times, and at the most of any second after the start
    { isolates: 10, good: 0.5, most: 5 },
    { isolates: 100, good: 5, most: 20 },
    { isolates: 1_000, good: 50, most: 120 },
  ])(
    "in $isolates isolates ask the registry no more than $good times a second, and less while it is overloaded",
    async ({ isolates, good, most }) => {
      const { perSecond, waiting } = await simulated(isolates);
      const normal = mean(perSecond.slice(30, OUTAGE.from));
      expect(normal).toBeLessThanOrEqual(good);
      expect(peak(perSecond.slice(30))).toBeLessThanOrEqual(most);
      expect(mean(perSecond.slice(OUTAGE.from + 60, OUTAGE.to))).toBeLessThanOrEqual(normal);
      expect(waiting).toBe(0);
    },
  );

  test("that begin in an outage, without any list, find it after it, and ask no more than the others", async () => {
    const seeded = new Random(3);
    const random = () => seeded.next();
    const isolates = 100;
    const caches = Array.from({ length: isolates }, () => new CachedList<string[]>(random));
    const asked = new Array<number>(600).fill(0);
    let due: { station: number; at: number }[] = Array.from({ length: STATIONS / 10 }, (_, station) => ({
      station,
      at: T0 + random() * 60_000,
    }));
    const began = new Map(due.map(({ station, at }) => [station, at]));
    for (let second = 0; second < 600; second++) {
      const now = T0 + second * 1_000;
      const turn = due.filter(({ at }) => at <= now);
      due = due.filter(({ at }) => at > now);
      const ask = () => {
        asked[second] = (asked[second] ?? 0) + 1;
        return second < 120 ? overloaded() : Promise.resolve([]);
      };
      for (const { station } of turn) {
        try {
          await (caches[station % isolates] as CachedList<string[]>).get(ask, now);
        } catch {
          due.push({ station, at: nextDrainAt(began.get(station) ?? now, now, 2_000, random()) });
        }
      }
    }
    expect(due).toHaveLength(0);
    expect(mean(asked.slice(30, 120))).toBeLessThanOrEqual(isolates / 20);
    expect(peak(asked.slice(1))).toBeLessThanOrEqual(isolates);
  });
});
