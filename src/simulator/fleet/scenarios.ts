/**
 * What a fleet is made to do until its time is over. Must not know registrations, sockets or what is shown of it.
 */
import type { ChargingStation, RegisteredStation } from "../station/charging-station.ts";
import { type Fleet, REGISTRATIONS_AT_ONCE } from "./fleet.ts";
import { forEach, pause } from "../../programs/pause.ts";

/** Stays below the broker's attempts a minute for each station (CONNECT_BY_STATION). */
const ROUND_MIN_MS = 1_100;
/** Calm between the last station's return and the next drop. */
const CALM_MS = 3_000;
/** A station that is not in by then is missing from its round. */
const IN_WITHIN_MS = 60_000;

/** Until `over` is aborted; once `hurry` is too, without waiting for anybody. */
export async function run(fleet: Fleet, over: AbortSignal, hurry: AbortSignal): Promise<void> {
  switch (fleet.options.scenario) {
    case "idle":
    case "charging":
      await raise(fleet, over);
      await pause(fleet.options.durationMs, over);
      return;
    case "storm":
      return storm(fleet, over, hurry);
    case "churn":
      return churn(fleet, over);
  }
}

/** Registers all and switches each on as soon as it is, or once all are linked to the CSMS. */
async function raise(fleet: Fleet, over: AbortSignal): Promise<void> {
  if (fleet.bridging !== null) {
    for (const [number, station] of await linked(fleet, over)) if (!over.aborted) fleet.power(number, station);
    return;
  }
  await forEach(fleet.numbers, REGISTRATIONS_AT_ONCE, async (number) => {
    const station = await registered(fleet, number, over);
    if (station !== null && !over.aborted) fleet.power(number, station);
  });
}

/** All of them registered, and with a link to the CSMS where there is one: before that a boot would be Pending for long. */
async function linked(fleet: Fleet, over: AbortSignal): Promise<Map<number, RegisteredStation>> {
  const known = new Map<number, RegisteredStation>();
  await forEach(fleet.numbers, REGISTRATIONS_AT_ONCE, async (number) => {
    const station = await registered(fleet, number, over);
    if (station !== null) known.set(number, station);
  });
  await fleet.bridging?.carry(over, known.size);
  return known;
}

async function registered(
  fleet: Fleet,
  number: number,
  over: AbortSignal,
  round?: number,
): Promise<RegisteredStation | null> {
  if (over.aborted) return null;
  const group = fleet.statistics.of(fleet.mixOf(number));
  try {
    return await fleet.register(number, round);
  } catch (error) {
    group.missing.add((error as Error).message);
    fleet.unregistered.add(number);
    return null;
  }
}

/** All drop at once and come back at once; the next drop, and the end, wait until all are back or time out. */
async function storm(fleet: Fleet, over: AbortSignal, hurry: AbortSignal): Promise<void> {
  await raise(fleet, over);
  const stations = [...fleet.stations.values()];
  await allIn(stations, over);
  while (await pause(CALM_MS, over)) {
    const from = performance.now();
    for (const station of stations) station.breakLine();
    if (!(await allIn(stations, hurry))) continue;
    fleet.statistics.rounds++;
    fleet.statistics.recoveries.add(performance.now() - from);
  }
}

/** `false`: not all of them, in time. */
async function allIn(stations: readonly ChargingStation[], over: AbortSignal): Promise<boolean> {
  if (over.aborted) return false;
  const all = Promise.all(stations.map((station) => station.whenIn())).then(() => true);
  const done = new AbortController();
  const callOff = () => done.abort();
  over.addEventListener("abort", callOff);
  const late = pause(IN_WITHIN_MS, done.signal).then(() => false);
  const areIn = await Promise.race([all, late]);
  over.removeEventListener("abort", callOff);
  done.abort();
  return areIn;
}

/** Every station connects, boots and leaves; then all of them again. */
async function churn(fleet: Fleet, over: AbortSignal): Promise<void> {
  const isFresh = fleet.options.names === "fresh";
  const known = fleet.bridging === null ? new Map<number, RegisteredStation>() : await linked(fleet, over);
  while (!over.aborted) {
    const round = fleet.statistics.rounds;
    const from = performance.now();
    await forEach(fleet.numbers, REGISTRATIONS_AT_ONCE * 2, async (number) => {
      const station = known.get(number) ?? (await registered(fleet, number, over, isFresh ? round : undefined));
      if (station === null || over.aborted) return;
      if (!isFresh) known.set(number, station);
      await visit(fleet, number, station, over);
      // Its files would stay open in the broker, and on the disk for ever.
      if (isFresh) await fleet.deregister(number, station).catch(() => {});
    });
    if (!over.aborted) fleet.statistics.rounds++;
    await pause(Math.max(0, ROUND_MIN_MS - (performance.now() - from)), over);
  }
}

async function visit(fleet: Fleet, number: number, station: RegisteredStation, over: AbortSignal): Promise<void> {
  const visitor = fleet.power(number, station);
  const off = setTimeout(() => visitor.kill(), IN_WITHIN_MS);
  const isIn = await visitor.whenIn();
  clearTimeout(off);
  if (isIn) await visitor.finish();
  else if (!over.aborted) fleet.statistics.of(station).missing.add("not in within a minute");
  fleet.stations.delete(number);
}
