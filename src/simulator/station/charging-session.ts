/**
 * The physics of one charging session: a battery that fills, power that tapers, a register that only rises. Must not know
 * messages, and has no clock: `now` in ms since the epoch is passed in.
 */
import type { Random } from "./random.ts";

export type ChargingPhase = "Preparing" | "Charging" | "SuspendedEV" | "Finishing";

export interface Vehicle {
  capacityWh: number;
  /** What vehicle and station agree on. */
  maxPowerW: number;
  /** 0 to 1 */
  stateOfCharge: number;
}

export interface ChargingSession {
  phase: ChargingPhase;
  vehicle: Vehicle;
  /** The station's meter, over all its sessions. */
  registerWh: number;
  meterStartWh: number;
  powerW: number;
  /** Up to when `registerWh` is counted. */
  at: number;
}

/** What a meter shows. The register in whole Wh, as StartTransaction and StopTransaction have it. */
export interface Reading {
  at: number;
  energyWh: number;
  powerW: number;
  currentA: number;
  socPercent: number;
}

const POWERS_W = [7_400, 11_000, 22_000, 50_000, 150_000] as const;
const TAPER_FROM = 0.8;
/** Of the full power, with the battery full. */
const TAPER_TO = 0.05;
const FULL = 0.995;
const SLICE_MS = 1_000;
/** A station that was asleep for a day must not be busy for a second. */
const SLICES_MAX = 1_000;
const PHASES = 3;
const VOLTAGE_V = 230;
const MS_AN_HOUR = 3_600_000;

export function arrivingVehicle(random: Random): Vehicle {
  return {
    capacityWh: random.integer(40, 100) * 1_000,
    maxPowerW: random.pick(POWERS_W),
    stateOfCharge: random.between(0.1, 0.7),
  };
}

export function plugIn(vehicle: Vehicle, registerWh: number, now: number): ChargingSession {
  return { phase: "Preparing", vehicle, registerWh, meterStartWh: registerWh, powerW: 0, at: now };
}

export function startCharging(session: ChargingSession, now: number): ChargingSession {
  const { vehicle } = session;
  return { ...session, phase: "Charging", powerW: powerOf(vehicle), at: now };
}

/** Counts the energy since `at`; a full battery suspends. A clock that was set back changes nothing. */
export function advance(session: ChargingSession, now: number): ChargingSession {
  if (session.phase !== "Charging" || now <= session.at) return { ...session, at: Math.max(now, session.at) };
  let { registerWh, vehicle } = session;
  const slices = Math.min(Math.ceil((now - session.at) / SLICE_MS), SLICES_MAX);
  const hours = (now - session.at) / slices / MS_AN_HOUR;
  for (let slice = 0; slice < slices && vehicle.stateOfCharge < FULL; slice++) {
    const room = (FULL - vehicle.stateOfCharge) * vehicle.capacityWh;
    const energyWh = Math.min(powerOf(vehicle) * hours, room);
    registerWh += energyWh;
    // Adding what room is left need not give FULL itself in floating point.
    const stateOfCharge = energyWh === room ? FULL : vehicle.stateOfCharge + energyWh / vehicle.capacityWh;
    vehicle = { ...vehicle, stateOfCharge };
  }
  const isFull = vehicle.stateOfCharge >= FULL;
  const phase = isFull ? "SuspendedEV" : "Charging";
  return { ...session, phase, vehicle, registerWh, powerW: isFull ? 0 : powerOf(vehicle), at: now };
}

export function finish(session: ChargingSession, now: number): ChargingSession {
  return { ...advance(session, now), phase: "Finishing", powerW: 0 };
}

export function readMeter({ registerWh, powerW, vehicle, at }: ChargingSession): Reading {
  return {
    at,
    energyWh: wholeWh(registerWh),
    powerW: Math.round(powerW),
    currentA: Math.round((powerW / VOLTAGE_V / PHASES) * 10) / 10,
    socPercent: Math.round(vehicle.stateOfCharge * 100),
  };
}

/** Always down: a rounded-up start would be above what the register then shows. */
export const wholeWh = (registerWh: number): number => Math.floor(registerWh);

/** Constant, then falling in a line, as a lithium battery is charged. */
function powerOf({ stateOfCharge, maxPowerW }: Vehicle): number {
  if (stateOfCharge <= TAPER_FROM) return maxPowerW;
  const left = Math.max(0, (1 - stateOfCharge) / (1 - TAPER_FROM));
  return maxPowerW * (TAPER_TO + (1 - TAPER_TO) * left);
}
