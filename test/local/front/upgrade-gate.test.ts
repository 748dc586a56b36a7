import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UpgradeGate } from "../../../src/local/front/upgrade-gate.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const AT_ONCE = 32;

/** Names of those that entered or were refused, in order. */
function crowd(gate: UpgradeGate, count: number) {
  const entered: number[] = [];
  const refused: number[] = [];
  const callOff = Array.from({ length: count }, (_, n) =>
    gate.pass(
      () => entered.push(n),
      () => refused.push(n),
    ),
  );
  return { entered, refused, callOff };
}

test("So many enter at once, the others one by one as places become free, in their order", () => {
  const gate = new UpgradeGate(1_000);
  const { entered } = crowd(gate, AT_ONCE + 3);
  expect(entered).toHaveLength(AT_ONCE);
  gate.leave();
  gate.leave();
  expect(entered.slice(AT_ONCE)).toEqual([AT_ONCE, AT_ONCE + 1]);
});

test("Whoever gave up while it waited is passed over", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, callOff } = crowd(gate, AT_ONCE + 2);
  callOff[AT_ONCE]?.();
  gate.leave();
  expect(entered.at(-1)).toBe(AT_ONCE + 1);
});

test("Whoever waited for a minute is refused, once", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, refused } = crowd(gate, AT_ONCE + 1);
  vi.advanceTimersByTime(60_000);
  expect(refused).toEqual([AT_ONCE]);
  gate.leave();
  expect(entered).toHaveLength(AT_ONCE);
});

test("Beyond the sockets that workerd may hold all are refused, until one closes", () => {
  const gate = new UpgradeGate(2);
  gate.opened();
  gate.opened();
  expect(crowd(gate, 1)).toMatchObject({ entered: [], refused: [0] });
  gate.closed();
  expect(crowd(gate, 1)).toMatchObject({ entered: [0], refused: [] });
});

test("When the edge stops nobody is called any more", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, refused } = crowd(gate, AT_ONCE + 5);
  gate.close();
  vi.advanceTimersByTime(120_000);
  gate.leave();
  expect([entered.length, refused.length]).toEqual([AT_ONCE, 0]);
});
