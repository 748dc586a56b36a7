/**
 * What a fleet has been through, told apart by profile and protocol. Must not know sockets, nor what is shown of it.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import { Latencies } from "./latencies.ts";
import type { Mix, Profile } from "../station/profile.ts";
import type { StationRecord } from "../station/station-record.ts";

/** Different reasons kept; a server that says something new each time must not fill the memory. */
const REASONS_MAX = 20;
const OTHER = "other";

/** How often each reason was given. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(reason: string, count = 1): void {
    const key = this.#counts.has(reason) || this.#counts.size < REASONS_MAX ? reason : OTHER;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  toObject(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

export class GroupStatistics implements Mix, StationRecord {
  readonly profile: Profile;
  readonly protocol: Protocol;
  readonly connects = new Latencies();
  readonly calls = new Latencies();
  readonly connectFailures = new Tally();
  readonly callFailures = new Tally();
  readonly drops = new Tally();
  readonly commands = new Tally();
  /** Stations that a scenario wanted in and that did not get in, or not back. */
  readonly missing = new Tally();
  stations = 0;
  interrupted = 0;
  boots = 0;
  heartbeats = 0;
  meterValues = 0;
  sessions = 0;
  sessionsRefused = 0;
  energyWh = 0;

  constructor({ profile, protocol }: Mix) {
    this.profile = profile;
    this.protocol = protocol;
  }
}

export class FleetStatistics {
  readonly groups: readonly GroupStatistics[];
  certificates = 0;
  /** ms of issuing, shared out over the threads that did it: waiting for stations is not in it. */
  certificatesMs = 0;
  rounds = 0;
  /** Storms: from the drop until the last station is back. */
  readonly recoveries = new Latencies();

  constructor(mixes: readonly Mix[]) {
    this.groups = mixes.map((mix) => new GroupStatistics(mix));
  }

  of(mix: Mix): GroupStatistics {
    const found = this.groups.find(({ profile, protocol }) => profile === mix.profile && protocol === mix.protocol);
    if (found === undefined) throw new Error(`no ${mix.profile} station of ${mix.protocol} is in this fleet`);
    return found;
  }

  sum(figure: (group: GroupStatistics) => number): number {
    return this.groups.reduce((sum, group) => sum + figure(group), 0);
  }
}
