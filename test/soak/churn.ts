/**
 * The connections of one arm: each connects, boots and leaves. Must not know what they cost the other side.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientOptions } from "ws";
import { Broker } from "../../src/simulator/broker.ts";
import { CertificateIssuer } from "../../src/simulator/certificate-issuer.ts";
import type { Profile } from "../../src/simulator/profile.ts";
import { Random } from "../../src/simulator/random.ts";
import { StationConnection } from "../../src/simulator/station-connection.ts";
import { messagesOf } from "../../src/simulator/station-messages.ts";
import { FleetStatistics, Tally } from "../../src/simulator/statistics.ts";
import type { ChurnSpec, Cohort } from "./arm.ts";

export interface Round {
  connections: number;
  /** Connections that were not made, and BootNotifications without a CALLRESULT, by reason. */
  failures: Record<string, number>;
}

/** Each lane goes through so many stations of its own, so that none is there twice at once. */
const STATIONS_A_LANE = 4;
const PROFILE: Record<Cohort, Profile> = { plain: "none", tls: "tls", mtls: "mtls" };

export class Churn {
  readonly #spec: ChurnSpec;
  readonly #random: Random;
  readonly #broker: Broker | null;
  readonly #issuer = new CertificateIssuer(true, new FleetStatistics([]));
  readonly #socket: ClientOptions;
  readonly #known = new Map<string, ClientOptions>();
  #isOver = false;
  #rounds = 0;

  private constructor(spec: ChurnSpec, broker: Broker | null) {
    this.#spec = spec;
    this.#random = Random.of(spec.seed, spec.arm.name);
    this.#broker = broker;
    const ca = spec.ca ?? (spec.dir === null ? null : join(spec.dir, "pki/root.cert.pem"));
    this.#socket = {
      ...(spec.url.startsWith("wss:") && ca !== null && { ca: readFileSync(ca) }),
      ...(spec.clientCert !== null && { cert: readFileSync(spec.clientCert) }),
      ...(spec.clientKey !== null && { key: readFileSync(spec.clientKey) }),
    };
  }

  static async open(spec: ChurnSpec): Promise<Churn> {
    if (spec.api === null || spec.dir === null) return new Churn(spec, null);
    const http = new URL(spec.api);
    return new Churn(spec, await Broker.find({ http, tls: http, mtls: http, dir: spec.dir }, spec.dir));
  }

  async round(connections: number): Promise<Round> {
    const round = this.#rounds++;
    const failures = new Tally();
    let made = 0;
    const lane = async (number: number) => {
      const from = this.#random.integer(0, STATIONS_A_LANE - 1);
      for (let n = number; n < connections && !this.#isOver; n += this.#spec.concurrency) {
        const turn = (n - number) / this.#spec.concurrency;
        const stationId = this.#nameOf(number, round, turn, (from + turn) % STATIONS_A_LANE);
        if (await this.#visit(stationId, failures)) made++;
      }
    };
    await Promise.all(Array.from({ length: this.#spec.concurrency }, (_, number) => lane(number)));
    return { connections: made, failures: failures.toObject() };
  }

  /** A round under way ends with what is open. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#issuer.stop();
  }

  #nameOf(lane: number, round: number, turn: number, own: number): string {
    return this.#spec.arm.names === "same" ? `SOAK-${lane}-${own}` : `SOAK-${lane}-r${round}-${turn}`;
  }

  /** `true`: it was connected. */
  async #visit(stationId: string, failures: Tally): Promise<boolean> {
    const { url, protocol, arm } = this.#spec;
    try {
      const socket = await this.#socketOf(stationId);
      const path = `${url.replace(/\/$/, "")}/${stationId}`;
      const opened = await StationConnection.open({ url: path, protocol, socket, onCommand: refuse });
      if (!opened.ok) failures.add(opened.error.reason);
      else {
        const boot = messagesOf(protocol).boot(identification(stationId), "PowerUp");
        const outcome = await opened.value.call(boot.action, boot.payload);
        if (outcome.state === "failed" || outcome.state === "lost") failures.add(outcome.reason);
        await opened.value.close();
      }
      // Its files would stay open in the broker.
      if (arm.names === "fresh") await this.#broker?.deregister(stationId);
      return opened.ok;
    } catch (error) {
      failures.add((error as Error).message);
      return false;
    }
  }

  async #socketOf(stationId: string): Promise<ClientOptions> {
    const known = this.#known.get(stationId);
    if (known !== undefined) return known;
    const { arm, protocol, dir, clientCert } = this.#spec;
    const needsCertificate = arm.cohort === "mtls" && clientCert === null && dir !== null;
    const [password, certificate] = await Promise.all([
      this.#broker?.register(stationId, PROFILE[arm.cohort], protocol) ?? null,
      needsCertificate ? this.#issuer.issue(join(dir, "pki"), stationId) : null,
    ]);
    const socket: ClientOptions = {
      ...this.#socket,
      ...certificate,
      ...(password !== null && { auth: `${stationId}:${password}` }),
    };
    if (arm.names === "same") this.#known.set(stationId, socket);
    return socket;
  }
}

const identification = (stationId: string) => ({
  ...{ vendor: "Kerbside", model: "Soak", firmwareVersion: "1.0.0" },
  serialNumber: stationId.slice(-25),
});

const refuse = () => ({ answer: { fault: "not-supported", description: "" } as const, after: () => {} });
