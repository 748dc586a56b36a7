import fc from "fast-check";
import { expect, test } from "vitest";
import {
  advance,
  arrivingVehicle,
  type ChargingSession,
  finish,
  plugIn,
  readMeter,
  startCharging,
} from "../../../src/simulator/station/charging-session.ts";
import { Random } from "../../../src/simulator/station/random.ts";

const HOUR_MS = 3_600_000;
const vehicle = { capacityWh: 50_000, maxPowerW: 11_000, stateOfCharge: 0.2 };
const charging = (given = vehicle, registerWh = 1_000) => startCharging(plugIn(given, registerWh, 0), 0);

test("Below 80 % an hour at 11 kW adds 11 kWh to the register and to the battery", () => {
  const after = advance(charging(), HOUR_MS);
  expect(after.registerWh).toBeCloseTo(12_000, 6);
  expect(after.vehicle.stateOfCharge).toBeCloseTo(0.2 + 11 / 50, 9);
  expect(readMeter(after)).toEqual({ at: HOUR_MS, energyWh: 12_000, powerW: 11_000, currentA: 15.9, socPercent: 42 });
});

test("It makes no difference to the register how often the meter is read", () => {
  const once = advance(charging(), HOUR_MS / 4);
  let often = charging();
  for (let at = 0; at <= HOUR_MS / 4; at += 10_000) often = advance(often, at);
  expect(often.registerWh).toBeCloseTo(once.registerWh, 6);
});

test("A battery that is nearly full takes less and less, then suspends, and the register stands still", () => {
  const powers: number[] = [];
  let session = charging({ ...vehicle, stateOfCharge: 0.85 });
  for (let at = 0; session.phase === "Charging"; at += 60_000) {
    session = advance(session, at);
    powers.push(session.powerW);
  }
  expect(powers.length).toBeGreaterThan(10);
  expect(powers).toEqual(powers.toSorted((a, b) => b - a));
  expect(session).toMatchObject({ phase: "SuspendedEV", powerW: 0 });
  expect(session.vehicle.stateOfCharge).toBe(0.995);
  expect(session.registerWh - session.meterStartWh).toBeCloseTo((0.995 - 0.85) * vehicle.capacityWh, 3);
  expect(advance(session, session.at + HOUR_MS).registerWh).toBe(session.registerWh);
});

test("Nothing is charged before charging starts, nor after it is finished, nor by a clock that goes back", () => {
  const waiting = advance(plugIn(vehicle, 1_000, 0), HOUR_MS);
  expect(waiting).toMatchObject({ phase: "Preparing", registerWh: 1_000, powerW: 0 });
  const finished = finish(charging(), HOUR_MS);
  expect(finished).toMatchObject({ phase: "Finishing", powerW: 0, at: HOUR_MS });
  expect(finished.registerWh).toBeCloseTo(12_000, 6);
  expect(advance(finished, 2 * HOUR_MS).registerWh).toBe(finished.registerWh);
  expect(advance(charging(), -5_000)).toMatchObject({ registerWh: 1_000, at: 0 });
});

test("Whatever arrives and whenever it is read: the register only rises, within power × time and the battery", () => {
  const reads = fc.array(fc.integer({ min: 0, max: 2 * HOUR_MS }), { maxLength: 30 });
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0, max: 1e7, noNaN: true }), reads, (seed, registerWh, waits) => {
      const arrived = arrivingVehicle(new Random(seed));
      const room = (1 - arrived.stateOfCharge) * arrived.capacityWh;
      let session: ChargingSession = startCharging(plugIn(arrived, registerWh, 0), 0);
      for (const wait of waits) {
        const next = advance(session, session.at + wait);
        const added = next.registerWh - session.registerWh;
        expect(added).toBeGreaterThanOrEqual(0);
        expect(added).toBeLessThanOrEqual((arrived.maxPowerW * wait) / HOUR_MS + 1e-3);
        expect(next.powerW).toBeLessThanOrEqual(arrived.maxPowerW);
        expect(readMeter(next).energyWh).toBeGreaterThanOrEqual(readMeter(session).energyWh);
        session = next;
      }
      expect(session.registerWh - session.meterStartWh).toBeLessThanOrEqual(room + 1e-3);
    }),
  );
});
