import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changedInterval, toldIntervalMs, withIntervalCeiling } from "../../src/ocpp/heartbeat-interval.ts";
import {
  type Expectation,
  expectationOf,
  type Line,
  lookAt,
  nextLookAt,
  PROBE_TIMEOUT_MS,
  UNASKED_SILENCE_MS,
} from "../../src/ocpp/presence.ts";
import type { Boot } from "../../src/ocpp/station-status.ts";

const START = Date.parse("2026-11-28T00:00:00Z");
const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const CHECK_MS = 3 * 3_600 * SECOND;
const bootOf = (status: Boot["status"], intervalSeconds?: number): Boot => ({
  status,
  at: "",
  ...(intervalSeconds !== undefined && { intervalSeconds }),
});
const accepted = (intervalSeconds: number) => expectationOf(bootOf("Accepted", intervalSeconds), 300, CHECK_MS);

/** A line whose station speaks at these hours and answers what it is asked, or not, with one alarm as the platform has it. */
function watch(messages: number[], answers: boolean, expected: Expectation, until: number) {
  const line: Line = { since: START, lastMessageAt: START, presenceCheckedAt: 0, openCall: null };
  const pending = messages.toSorted((a, b) => a - b);
  const seen = { alarms: 0, probes: 0, goneAt: null as number | null };
  const hear = (at: number) => {
    line.lastMessageAt = at;
    if (line.openCall?.probe) line.presenceCheckedAt = at;
  };
  let alarmAt = nextLookAt(line, expected);
  while (alarmAt <= until && seen.goneAt === null) {
    while ((pending[0] ?? Number.POSITIVE_INFINITY) <= alarmAt) hear(pending.shift() as number);
    const now = alarmAt;
    seen.alarms++;
    const look = lookAt(line, expected, now);
    if (look === "gone") seen.goneAt = now;
    if (look === "alive") line.presenceCheckedAt = line.lastMessageAt;
    if (look === "none" && line.openCall !== null && line.openCall.deadline <= now) line.openCall = null;
    if (look === "ask") {
      seen.probes++;
      line.openCall = { messageId: "p", deadline: now + PROBE_TIMEOUT_MS, probe: true };
      if (answers) {
        hear(now + 50);
        line.openCall = null;
      }
    }
    alarmAt = nextLookAt(line, expected);
    if (look !== "gone" && alarmAt <= now) throw new Error("an alarm that rings at once, for ever");
    // Set before the answer came.
    if (look === "ask") alarmAt = now + PROBE_TIMEOUT_MS;
  }
  return seen;
}
const every = (ms: number, until: number, from = ms) =>
  Array.from({ length: Math.max(0, Math.floor((until - from) / ms) + 1) }, (_, index) => START + from + index * ms);

describe("A line", () => {
  test("with a Heartbeat each 300 s costs no more alarms than one in three hours, and is never asked", () => {
    const { alarms, probes, goneAt } = watch(every(300 * SECOND, DAY), false, accepted(300), START + DAY);
    expect([probes, goneAt]).toEqual([0, null]);
    expect(alarms).toBeLessThanOrEqual(9);
  });

  test("without Heartbeats is asked once in three hours, for ever, while somebody answers", () => {
    const { alarms, probes, goneAt } = watch([], true, accepted(300), START + DAY);
    expect(goneAt).toBeNull();
    expect(probes).toBeLessThanOrEqual(9);
    expect(alarms).toBeLessThanOrEqual(18);
  });

  test("is found dead in time, is asked before that, and never while somebody is there", () => {
    const interval = fc.integer({ min: 1, max: 100_000 });
    const spoken = fc.array(fc.integer({ min: 1, max: 2 * DAY }), { maxLength: 200 });
    fc.assert(
      fc.property(interval, spoken, fc.boolean(), (seconds, offsets, answers) => {
        const expected = accepted(seconds);
        const messages = offsets.map((offset) => START + offset);
        const { goneAt, probes } = watch(messages, answers, expected, START + 10 * DAY);
        if (answers) return goneAt === null;
        const heardAt = messages
          .filter((at) => goneAt === null || at <= goneAt)
          .reduce((a, b) => Math.max(a, b), START);
        const promised = Math.max(expected.silenceMs, CHECK_MS) + PROBE_TIMEOUT_MS;
        return goneAt !== null && probes > 0 && goneAt - heardAt <= promised && goneAt - heardAt >= expected.silenceMs;
      }),
    );
  });

  test("that died soon after its boot is found in two intervals and 30 s", () => {
    const { goneAt } = watch([START + 2_000, START + 60_000], false, accepted(300), START + DAY);
    expect(goneAt).toBe(START + 60_000 + 630 * SECOND);
  });

  test("is counted from now where the clock was set back", () => {
    const line = { since: START, lastMessageAt: START + DAY, presenceCheckedAt: START + DAY, openCall: null };
    expect(lookAt(line, accepted(300), START + SECOND)).toBe("alive");
  });
});

test.each<[string, Boot | null, number, boolean]>([
  ["an interval", bootOf("Accepted", 600), 1210, true],
  ["none", bootOf("Accepted"), 610, true],
  ["0", bootOf("Accepted", 0), 610, true],
  ["a negative one", bootOf("Accepted", -1), 610, true],
  ["a fraction", bootOf("Accepted", 0.5), 11, true],
  ["one beyond all measure", bootOf("Accepted", 4_294_967_295), 172_810, true],
  ["Pending", bootOf("Pending", 30), 70, true],
  ["Rejected", bootOf("Rejected", 30), UNASKED_SILENCE_MS / SECOND, false],
  ["Rejected for long", bootOf("Rejected", 86_400), 172_810, false],
  ["no boot", null, UNASKED_SILENCE_MS / SECOND, false],
])("A station that was told %s may be silent for its time", (_, boot, seconds, mayBeAsked) => {
  const expected = expectationOf(boot, 300, CHECK_MS);
  expect([expected.silenceMs, expected.mayBeAsked]).toEqual([seconds * SECOND, mayBeAsked]);
});

describe("An interval", () => {
  const variable = (name: string, more: object = {}) => ({
    component: { name: "OCPPCommCtrlr" },
    variable: { name },
    ...more,
  });
  const set = (...data: object[]) => ({ setVariableData: data });
  const results = (...data: object[]) => ({ setVariableResult: data });
  const beat = "HeartbeatInterval";

  test.each<[string, string, Record<string, unknown>, Record<string, unknown>, number | null]>([
    ["of 1.6", "ChangeConfiguration", { key: beat, value: "60" }, { status: "Accepted" }, 60],
    [
      "in the field's spelling",
      "ChangeConfiguration",
      { key: "HeartBeatInterval", value: " 60 " },
      { status: "Accepted" },
      60,
    ],
    ["that is no number", "ChangeConfiguration", { key: beat, value: "often" }, { status: "Accepted" }, null],
    ["that is not supported", "ChangeConfiguration", { key: beat, value: "60" }, { status: "NotSupported" }, null],
    [
      "among others of 2.x",
      "SetVariables",
      set(variable("Other", { attributeValue: "1" }), variable(beat, { attributeValue: "60" })),
      results(variable(beat, { attributeStatus: "Accepted" }), variable("Other", { attributeStatus: "Rejected" })),
      60,
    ],
    [
      "of 2.x whose maximum was set",
      "SetVariables",
      set(variable(beat, { attributeType: "MaxSet", attributeValue: "60" })),
      results(variable(beat, { attributeType: "MaxSet", attributeStatus: "Accepted" })),
      null,
    ],
    [
      "of 2.x after a reboot",
      "SetVariables",
      set(variable(beat, { attributeValue: "60" })),
      results(variable(beat, { attributeStatus: "RebootRequired" })),
      null,
    ],
    ["of another command", "DataTransfer", { key: beat, value: "60" }, { status: "Accepted" }, null],
    ["of no shape", "SetVariables", { setVariableData: [null] }, { setVariableResult: 1 }, null],
  ])("%s is learnt where the station accepts it", (_, action, payload, answer, seconds) => {
    expect(changedInterval(action, payload, answer)).toBe(seconds);
  });

  test("is never above the registration's ceiling, and else as the CSMS said", () => {
    const answer = { payload: { status: "Accepted", interval: 4_294_967_295 } };
    expect(withIntervalCeiling(answer, undefined)).toBe(answer);
    expect(withIntervalCeiling(answer, 60)).toEqual({ payload: { status: "Accepted", interval: 60 } });
    const error = { error: { code: "InternalError", description: "", details: {} } };
    expect(withIntervalCeiling(error, 60)).toBe(error);
    expect(toldIntervalMs(undefined, 300)).toBe(300_000);
  });
});
