/**
 * The stations of one run: registered, given what proves who they are, and kept count of. Must not know what they are made to do.
 */
import type { SimulationOptions } from "./simulation-options.ts";
import type { Bridging } from "./bridging.ts";
import type { Broker } from "./broker.ts";
import { CertificateIssuer } from "./certificate-issuer.ts";
import { ChargingStation, type RegisteredStation } from "../station/charging-station.ts";
import { ConnectGate } from "./connect-gate.ts";
import { type Mix, mixesOf } from "../station/profile.ts";
import { Random } from "../station/random.ts";
import { FleetStatistics } from "./statistics.ts";
import { socketOptions } from "./station-socket.ts";
import { stationUrl } from "./targets.ts";

/** Connections being opened: below what a listener's queue holds, 511, or the kernel drops some for a second. */
export const CONNECTS_AT_ONCE = 256;
/** Stations being registered and certified: each registration makes a SQLite file in the broker. */
export const REGISTRATIONS_AT_ONCE = 16;

export class Fleet {
  readonly options: SimulationOptions;
  readonly statistics: FleetStatistics;
  /** Those that are switched on, by number. */
  readonly stations = new Map<number, ChargingStation>();
  /** Those that could not be registered. */
  readonly unregistered = new Set<number>();
  /** What stands behind the brokers; `null`: nothing. */
  readonly bridging: Bridging | null;
  readonly #brokers: readonly Broker[];
  readonly #mixes: readonly Mix[];
  readonly #gate: ConnectGate;
  readonly #issuer: CertificateIssuer;

  constructor(options: SimulationOptions, brokers: readonly Broker[], bridging: Bridging | null = null) {
    this.options = options;
    this.bridging = bridging;
    this.#brokers = brokers;
    this.#mixes = mixesOf(options.profiles, options.protocols);
    this.statistics = new FleetStatistics(this.#mixes);
    this.#gate = new ConnectGate(options.connectsPerSecond, CONNECTS_AT_ONCE);
    this.#issuer = new CertificateIssuer(options.sharedKey, this.statistics);
  }

  get numbers(): number[] {
    return Array.from({ length: this.options.stations }, (_, number) => number);
  }

  mixOf(number: number): Mix {
    return this.options.cast?.[number] ?? (this.#mixes[number % this.#mixes.length] as Mix);
  }

  /** @param round of stations that only live for one */
  async register(number: number, round?: number): Promise<RegisteredStation> {
    const mix = this.mixOf(number);
    const broker = this.#brokerOf(number);
    const stationId = this.#nameOf(number, round);
    const [password, certificate] = await Promise.all([
      broker.register(stationId, mix, { run: this.bridging?.run ?? null, labels: this.options.cast?.[number]?.labels }),
      mix.profile === "mtls" ? this.#issuer.issue(broker.pkiDir, stationId) : null,
    ]);
    const url = stationUrl(broker.target, mix.profile, stationId);
    const socket = socketOptions(url, { stationId, password, certificate, rootPem: () => broker.rootPem() });
    return { profile: mix.profile, protocol: mix.protocol, stationId, url, socket };
  }

  async deregister(number: number, { stationId }: RegisteredStation): Promise<void> {
    await this.#brokerOf(number).deregister(stationId);
  }

  /** Switches one on. */
  power(number: number, station: RegisteredStation): ChargingStation {
    const { sessionMs, meterIntervalMs, scenario, seed } = this.options;
    const charging = new ChargingStation({
      ...{ station, sessionMs, meterIntervalMs, gate: this.#gate },
      random: Random.of(seed, station.stationId),
      statistics: this.statistics.of(station),
      chargesByItself: scenario === "charging",
      ...(this.options.cast !== undefined && { identification: this.options.cast[number]?.identification }),
    });
    this.stations.set(number, charging);
    charging.start();
    return charging;
  }

  /** Every session ended and every socket closed, or after `withinMs` power off. */
  async finish(withinMs: number): Promise<void> {
    const stations = [...this.stations.values()];
    const late = setTimeout(() => {
      for (const station of stations) station.kill();
    }, withinMs);
    await Promise.all(stations.map((station) => (station.isIn ? station.finish() : station.kill())));
    clearTimeout(late);
    await this.#issuer.stop();
  }

  #brokerOf(number: number): Broker {
    // By whole mixes, or a target would get one profile alone.
    const shard = Math.floor(number / this.#mixes.length) % this.#brokers.length;
    return this.#brokers[shard] as Broker;
  }

  #nameOf(number: number, round?: number): string {
    const member = this.options.cast?.[number];
    if (member !== undefined) return member.stationId;
    const name = `${this.options.prefix}-${String(number).padStart(5, "0")}`;
    return round === undefined ? name : `${name}-r${round}`;
  }
}
