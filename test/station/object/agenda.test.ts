import { beforeEach, describe, expect, test, vi } from "vitest";
import { Agenda, type Sink } from "../../../src/station/object/agenda.ts";

const HOUR = 3_600_000;

/** An alarm as the platform has it, and what was asked of it. */
class Alarm {
  at: number | null = null;
  readonly set: number[] = [];
  async getAlarm() {
    return this.at;
  }
  async setAlarm(at: number) {
    this.at = at;
    this.set.push(at);
  }
}

let now: number;
let alarm: Alarm;
let registration: { incarnation: string | null; id: string; now: () => number };
let agenda: Agenda;
let background: Promise<void>[];
beforeEach(() => {
  now = 1_000_000;
  alarm = new Alarm();
  registration = { incarnation: "first", id: "CS001", now: () => now };
  background = [];
  agenda = new Agenda(registration, alarm, (work) => background.push(work));
});

class Receiver implements Sink {
  hasWork = false;
  retryAt: number | null = null;
  drained = 0;
  held: Promise<void> = Promise.resolve();
  async drain() {
    this.drained++;
    await this.held;
    this.hasWork = false;
  }
}

describe("The one alarm", () => {
  test("is set to the earliest deadline of all parts, and not again for a later one", async () => {
    const due: (number | null)[] = [now + 5 * HOUR, null];
    agenda.addDeadlines(due.map((_, index) => ({ at: () => due[index] ?? null, aheadMaxMs: 24 * HOUR })));
    agenda.changed();
    await agenda.now();
    due[1] = now + HOUR;
    agenda.changed();
    await agenda.now();
    due[1] = now + 2 * HOUR;
    agenda.changed();
    await agenda.now();
    expect(alarm.set).toEqual([now + 5 * HOUR, now + HOUR]);
  });

  test("is no further ahead than a deadline of its kind may be, and is set anew after the clock went back", async () => {
    agenda.addDeadlines([{ at: () => 9_000 * HOUR, aheadMaxMs: HOUR }]);
    agenda.seen(now);
    agenda.changed();
    await agenda.now();
    expect(alarm.at).toBe(now + HOUR);
    now -= 2 * HOUR;
    agenda.seen(now);
    expect(agenda.isNearer).toBe(true);
    await agenda.now();
    expect(alarm.at).toBe(now + HOUR);
  });

  test("of a station that is not registered is not set, nor of one that ended while it was asked for", async () => {
    agenda.addDeadlines([{ at: () => now + HOUR, aheadMaxMs: HOUR }]);
    agenda.changed();
    const settled = agenda.now();
    registration.incarnation = null;
    await settled;
    agenda.changed();
    await agenda.now();
    expect(alarm.set).toEqual([]);
  });

  test("has each part look in its order, until the registration it rang for has ended", async () => {
    const looked: string[] = [];
    const part = (name: string, look: () => void | Promise<void> = () => {}) => ({
      ...{ at: () => null, aheadMaxMs: HOUR },
      look: () => {
        looked.push(name);
        return look();
      },
    });
    agenda.addDeadlines([
      part("first"),
      part("second", async () => {
        await null;
        registration.incarnation = "next";
      }),
      part("third"),
    ]);
    await agenda.ring();
    expect(looked).toEqual(["first", "second"]);
    await agenda.ring();
    expect(looked).toEqual(["first", "second", "first", "second", "third"]);
  });
});

describe("Sinks", () => {
  test("are drained side by side, and one that could not begin is tried again by the alarm", async () => {
    const [one, other] = [new Receiver(), new Receiver()];
    agenda.addSink(one);
    agenda.addSink(other);
    await agenda.now();
    expect([one.drained, other.drained]).toEqual([0, 0]);
    other.hasWork = true;
    other.retryAt = now + 7_000;
    await agenda.now();
    expect([one.drained, other.drained]).toEqual([1, 1]);
    expect(alarm.set).toEqual([now + 7_000]);
  });

  test("are nobody's to wait for where an answer is owed, and cost no promise where there is nothing to do", async () => {
    const sink = new Receiver();
    agenda.addSink(sink);
    agenda.meanwhile();
    expect(background).toHaveLength(0);
    const { promise, resolve } = Promise.withResolvers<void>();
    sink.held = promise;
    sink.hasWork = true;
    agenda.meanwhile();
    expect(background).toHaveLength(1);
    resolve();
    await background[0];
  });

  test("that take long are looked after by an alarm, and those that don't cost none", async () => {
    vi.useFakeTimers();
    try {
      const sink = new Receiver();
      agenda.addSink(sink);
      sink.hasWork = true;
      await agenda.now();
      const { promise, resolve } = Promise.withResolvers<void>();
      sink.held = promise;
      sink.hasWork = true;
      const settled = agenda.now();
      expect(alarm.set).toEqual([]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(alarm.set).toHaveLength(1);
      resolve();
      await settled;
    } finally {
      vi.useRealTimers();
    }
  });
});
