import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UpgradeGate } from "../../../src/local/front/upgrade-gate.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** As in upgrade-gate.ts, said once more so that the code is not its own judge. */
const AT_ONCE = 8;
const PLACE_MAX_MS = 1_000;
const WITHOUT_A_PLACE = 24;

/** Numbers of those that entered or were refused, in order. */
function crowd(gate: UpgradeGate, count: number, enters: (decided: () => void) => void = () => {}) {
  const entered: number[] = [];
  const decided: (() => void)[] = [];
  const refused: number[] = [];
  const callOff = Array.from({ length: count }, (_, n) =>
    gate.pass(
      (isDecided) => {
        entered.push(n);
        decided[n] = isDecided;
        enters(isDecided);
      },
      () => refused.push(n),
    ),
  );
  return { entered, decided, refused, callOff };
}

test("So many enter at once, the others one by one as places become free, in their order", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, decided } = crowd(gate, AT_ONCE + 3);
  expect(entered).toHaveLength(AT_ONCE);
  decided[0]?.();
  // Said twice, it is one place still.
  decided[0]?.();
  decided[1]?.();
  expect(entered.slice(AT_ONCE)).toEqual([AT_ONCE, AT_ONCE + 1]);
});

test("Whoever gave up while it waited is passed over", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, decided, callOff } = crowd(gate, AT_ONCE + 2);
  callOff[AT_ONCE]?.();
  decided[0]?.();
  expect(entered.at(-1)).toBe(AT_ONCE + 1);
});

test("Those that are not decided in time hold up nobody: their places go on to the next, and no place comes of it", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, decided } = crowd(gate, 2 * AT_ONCE + 2);
  vi.advanceTimersByTime(PLACE_MAX_MS);
  expect(entered).toHaveLength(2 * AT_ONCE);
  for (let n = 0; n < AT_ONCE; n++) decided[n]?.();
  expect(entered).toHaveLength(2 * AT_ONCE);
  decided[AT_ONCE]?.();
  expect(entered).toHaveLength(2 * AT_ONCE + 1);
});

test("So many are undecided at most, however long nothing is", () => {
  const gate = new UpgradeGate(10_000);
  const { entered, decided } = crowd(gate, 1_000);
  vi.advanceTimersByTime(50_000);
  expect(entered).toHaveLength(AT_ONCE + WITHOUT_A_PLACE);
  decided[0]?.();
  expect(entered).toHaveLength(AT_ONCE + WITHOUT_A_PLACE + 1);
});

test("Ten thousand that are decided as they enter are no ladder that the process climbs", () => {
  const gate = new UpgradeGate(20_000);
  let isQuick = false;
  const { entered, decided } = crowd(gate, 10_000, (isDecided) => isQuick && isDecided());
  isQuick = true;
  decided[0]?.();
  expect(entered).toHaveLength(10_000);
});

test("Whoever waited for a minute is refused, once", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, refused, decided } = crowd(gate, AT_ONCE + WITHOUT_A_PLACE + 1);
  vi.advanceTimersByTime(60_000);
  expect(refused).toEqual([AT_ONCE + WITHOUT_A_PLACE]);
  decided[0]?.();
  expect(entered).toHaveLength(AT_ONCE + WITHOUT_A_PLACE);
});

test("Beyond the sockets that workerd may hold all are refused, until one closes", () => {
  const gate = new UpgradeGate(2);
  gate.opened();
  gate.opened();
  expect(crowd(gate, 1)).toMatchObject({ entered: [], refused: [0] });
  gate.closed();
  expect(crowd(gate, 1)).toMatchObject({ entered: [0], refused: [] });
});

test("An upgrade without a verdict counts as a socket, though its place has gone on", () => {
  const gate = new UpgradeGate(2);
  crowd(gate, 2);
  vi.advanceTimersByTime(PLACE_MAX_MS);
  expect(crowd(gate, 1)).toMatchObject({ entered: [], refused: [0] });
});

test("When the edge stops nobody is called any more", () => {
  const gate = new UpgradeGate(1_000);
  const { entered, refused, decided } = crowd(gate, AT_ONCE + 5);
  gate.close();
  vi.advanceTimersByTime(120_000);
  decided[0]?.();
  expect([entered.length, refused.length]).toEqual([AT_ONCE, 0]);
});
