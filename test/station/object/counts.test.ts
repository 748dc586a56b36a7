import { expect, test } from "vitest";
import { Counts } from "../../../src/station/object/counts.ts";

const PLAIN = { protocol: "ocpp1.6", securityProfile: 1 };
const TLS = { protocol: "ocpp2.0.1", securityProfile: 3 };

function counting() {
  const clock = { now: 1_000 };
  return {
    clock,
    counts: new Counts(
      () => clock.now,
      () => 2,
    ),
  };
}

test("Frames are of the connection that they came on, also where the next one begins before they are handed over", () => {
  const { counts } = counting();
  counts.resume(PLAIN, undefined);
  counts.received();
  counts.sent('[3,"a",{}]');
  counts.event("ocpp.station.disconnected", { ...PLAIN, code: 1008, reason: "superseded" });
  counts.event("ocpp.station.connected", TLS);
  counts.received();
  counts.received();
  expect(counts.take("one")?.sums).toEqual({
    "f|in|ocpp1.6|1": 1,
    "f|out|ocpp1.6|1": 1,
    "d|superseded|ocpp1.6|1": 1,
    "o|ocpp2.0.1|3": 1,
    "f|in|ocpp2.0.1|3": 2,
  });
  expect(counts.take("two")).toBeNull();
  expect(counts.carried).toBeNull();
});

test("What rides with the socket goes on where the object woke, and is added to what was counted before it was read", () => {
  const { counts, clock } = counting();
  counts.resume(PLAIN, undefined);
  for (const messageId of ["a", "b"]) {
    counts.received();
    counts.sent(`[4,"${messageId}","FormationViolation","",{}]`);
  }
  const carried = structuredClone(counts.carried);
  const woken = new Counts(
    () => clock.now,
    () => 2,
  );
  clock.now = 5_000;
  woken.received();
  woken.resume(PLAIN, carried ?? undefined);
  expect(woken.carried).toMatchObject({ since: 1_000 });
  woken.received();
  const { sums } = woken.take("one") ?? { sums: {} };
  expect(sums).toEqual({
    "f|in|ocpp1.6|1": 4,
    "f|out|ocpp1.6|1": 2,
    "e|out|FormationViolation|1": 2,
  });
});

test("Only a CALLERROR is one, in whichever way it is written, and a code that is none of the version's is another's", () => {
  const { counts } = counting();
  counts.resume(PLAIN, undefined);
  for (const frame of [
    '[3,"[4,",{"4":4}]',
    '[2,"4","Reset",{}]',
    '[4,"a\\"b","InternalError","",{}]',
    '[4,"x","Odd","",{}]',
  ])
    counts.sent(frame);
  const error = (code: string, origin: string) => ({ action: "Reset", state: "error", error: { code, origin } });
  counts.event("ocpp.command.completed", error("NotSupported", "station"));
  counts.event("ocpp.command.completed", error("NotSupported", "edge"));
  counts.event("ocpp.command.completed", error("CP001 at Main Street", "station"));
  expect(counts.take("one")?.sums).toEqual({
    "f|out|ocpp1.6|1": 4,
    "e|out|InternalError|1": 1,
    "e|out|other|1": 1,
    "c|Reset|error|1": 3,
    "e|in|NotSupported|1": 1,
    "e|in|other|1": 1,
  });
});

test("A command that was answered has a latency, one that was not has none", () => {
  const { counts } = counting();
  const at = (ms: number) => new Date(ms).toISOString();
  const command = { action: "Reset", sentAt: at(1_000), completedAt: at(1_300) };
  counts.event("ocpp.command.completed", { ...command, state: "result" });
  counts.event("ocpp.command.completed", { ...command, state: "timeout" });
  counts.event("ocpp.command.completed", { action: "Reset", state: "expired", completedAt: at(9) });
  // Not connected since the object woke: as it is registered.
  expect(counts.take("one")?.sums).toEqual({
    "c|Reset|result|2": 1,
    "l|2|2": 1,
    "l|2|s": 300,
    "c|Reset|timeout|2": 1,
    "c|Reset|expired|2": 1,
  });
});

test("Each way in which a connection ends is one of a few reasons", () => {
  const { counts } = counting();
  const end = (code: number, reason: string) =>
    counts.event("ocpp.station.disconnected", { ...TLS, code, reason, stationId: "CS001" });
  end(1001, "going to the workshop in Main Street");
  end(1008, "silent");
  end(1008, "deregistered");
  end(1006, "lost");
  const reasons = Object.keys(counts.take("one")?.sums ?? {}).map((series) => series.split("|")[1]);
  expect(reasons).toEqual(["station", "silent", "deregistered", "lost"]);
});

test("It is due when the first that was counted has been here so long, or the clock was set back", () => {
  const { counts, clock } = counting();
  expect(counts.isDue(100)).toBe(false);
  counts.received();
  clock.now += 99;
  counts.received();
  expect(counts.isDue(100)).toBe(false);
  clock.now += 1;
  expect(counts.isDue(100)).toBe(true);
  clock.now = 0;
  expect(counts.isDue(100)).toBe(true);
});

test("What was not taken goes with the next, added to what came meanwhile", () => {
  const { counts } = counting();
  counts.delivery("backend", "failed", 15_000);
  const taken = counts.take("one");
  counts.delivery("backend", "delivered", 40);
  if (taken !== null) counts.giveBack(taken);
  expect(counts.take("two")?.sums).toEqual({
    "w|backend|delivered|2": 1,
    "x|backend|2|0": 1,
    "x|backend|2|s": 15_040,
    "w|backend|failed|2": 1,
    "x|backend|2|8": 1,
  });
});
