/**
 * The connections of one arm: each connects, boots and leaves. Must not know what they cost the other side.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientOptions } from "ws";
import type { Call } from "../../src/ocpp/message.ts";
import { Broker, NotUsable } from "../../src/simulator/fleet/broker.ts";
import { CertificateIssuer } from "../../src/simulator/fleet/certificate-issuer.ts";
import type { Profile } from "../../src/simulator/station/profile.ts";
import { Random } from "../../src/simulator/station/random.ts";
import { StationConnection } from "../../src/simulator/station/station-connection.ts";
import { messagesOf } from "../../src/simulator/station/version-messages.ts";
import { FleetStatistics, Tally } from "../../src/simulator/fleet/statistics.ts";
import type { ChurnSpec, Cohort } from "./arm.ts";
import { Renewal, RENEWALS_MAX } from "./renewal.ts";
import { hintOn } from "./target-hint.ts";

export interface Round {
  connections: number;
  /** Connections that were not made, and BootNotifications without a CALLRESULT, by reason. */
  failures: Record<string, number>;
}

const PROFILE: Record<Cohort, Profile> = { plain: "none", tls: "tls", mtls: "mtls" };

export class Churn {
  readonly #spec: ChurnSpec;
  readonly #random: Random;
  readonly #broker: Broker | null;
  readonly #issuer = new CertificateIssuer(true, new FleetStatistics([]));
  readonly #socket: ClientOptions;
  readonly #known = new Map<string, ClientOptions>();
  readonly #renewals = new Map<string, number>();
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
    const churn = new Churn(spec, await brokerOf(spec));
    // A bridge finds what is registered when it starts.
    if (spec.run !== null) await churn.#registerAll();
    if (spec.arm.kind === "target") await churn.#checkTarget();
    return churn;
  }

  async #registerAll(): Promise<void> {
    for (const stationId of namesOf(this.#spec)) await this.#socketOf(stationId);
  }

  async round(connections: number): Promise<Round> {
    const round = this.#rounds++;
    const failures = new Tally();
    let made = 0;
    const lane = async (number: number) => {
      const { stationsALane } = this.#spec;
      const from = this.#random.integer(0, stationsALane - 1);
      for (let n = number; n < connections && !this.#isOver; n += this.#spec.concurrency) {
        const turn = (n - number) / this.#spec.concurrency;
        const stationId = this.#nameOf(number, round, turn, (from + turn) % stationsALane);
        // Added once it is known: the other lanes add theirs meanwhile.
        const visits = await this.#visit(stationId, failures);
        made += visits;
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

  /** A run in which no connection comes about would say, half an hour later, that nothing grew. */
  async #checkTarget(): Promise<void> {
    const failures = new Tally();
    await this.#visit(`SOAK-${this.#spec.arm.cohort}-first`, failures);
    const [reason] = Object.keys(failures.toObject());
    if (reason === undefined) return;
    await this.stop();
    throw new NotUsable(`A station does not come in at ${this.#spec.url}: ${reason}${hintOn(reason, this.#spec)}`);
  }

  #nameOf(lane: number, round: number, turn: number, own: number): string {
    const { cohort, names } = this.#spec.arm;
    // Two soaks of one Kerbside, on two of its ports, must not register each other's stations anew.
    return nameOf(cohort, lane, names === "same" ? String(own) : `r${round}-${turn}`);
  }

  /** How often it was connected. */
  async #visit(stationId: string, failures: Tally): Promise<number> {
    const { arm, renews } = this.#spec;
    const renewals = this.#renewals.get(stationId) ?? 0;
    const isRenewed = renews && arm.cohort === "mtls" && renewals < RENEWALS_MAX;
    try {
      const socket = await this.#socketOf(stationId);
      let made = 0;
      const renewed = await this.#connect(stationId, socket, failures, isRenewed);
      if (renewed !== null) made++;
      if (isRenewed && renewed !== null && renewed !== "as before") {
        this.#renewals.set(stationId, renewals + 1);
        const next = { ...socket, ...renewed };
        if (arm.names === "same") this.#known.set(stationId, next);
        // By the one that it was given, which retires the one before.
        if ((await this.#connect(stationId, next, failures, false)) !== null) made++;
      }
      // Its files would stay open in the broker.
      if (arm.names === "fresh") await this.#broker?.deregister(stationId);
      return made;
    } catch (error) {
      // What was called off has not failed: it would leave every run that ends by time undecided.
      if (!this.#isOver) failures.add((error as Error).message);
      return 0;
    }
  }

  /** `null`: it was not let in; else the certificate that it got, or that it has none but the one before. */
  async #connect(
    stationId: string,
    socket: ClientOptions,
    failures: Tally,
    renews: boolean,
  ): Promise<{ cert: string; key: string } | "as before" | null> {
    const { url, protocol, run } = this.#spec;
    const path = `${url.replace(/\/$/, "")}/${stationId}`;
    const renewal = renews ? new Renewal() : null;
    const onCommand = (call: Call) => renewal?.onCommand(call) ?? refuse();
    const opened = await StationConnection.open({ url: path, protocol, socket, onCommand });
    if (!opened.ok) {
      failures.add(opened.error.reason);
      return null;
    }
    const boot = messagesOf(protocol).boot(identification(stationId), "PowerUp");
    const outcome = await opened.value.call(boot.action, boot.payload);
    if (outcome.state === "unsent") failures.add(`closed before the ${boot.action}`);
    else if (outcome.state !== "result") failures.add(named(boot.action, outcome.reason));
    // The CSMS accepts: what else came was not from there.
    else if (run !== null && outcome.payload.status !== "Accepted") failures.add(`${boot.action} not accepted`);
    const renewed = (await renewal?.ask(opened.value, stationId)) ?? null;
    if (renewed !== null && !renewed.ok) failures.add(renewed.error);
    await opened.value.close();
    return renewed?.ok ? renewed.value : "as before";
  }

  async #socketOf(stationId: string): Promise<ClientOptions> {
    const known = this.#known.get(stationId);
    if (known !== undefined) return known;
    const { arm, protocol, dir, clientCert, run } = this.#spec;
    const needsCertificate = arm.cohort === "mtls" && clientCert === null && dir !== null;
    const [password, certificate] = await Promise.all([
      this.#broker?.register(stationId, { profile: PROFILE[arm.cohort], protocol }, { run }) ?? null,
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

const nameOf = (cohort: Cohort, lane: number, own: string) => `SOAK-${cohort}-${lane}-${own}`;

/** The stations of an arm whose names stay the same. */
export function namesOf({
  arm,
  concurrency,
  stationsALane,
}: Pick<ChurnSpec, "arm" | "concurrency" | "stationsALane">): string[] {
  return Array.from({ length: concurrency * stationsALane }, (_, number) =>
    nameOf(arm.cohort, Math.floor(number / stationsALane), String(number % stationsALane)),
  );
}

async function brokerOf({ api, dir, arm }: ChurnSpec): Promise<Broker | null> {
  if (api === null || dir === null) return null;
  const http = new URL(api);
  try {
    return await Broker.find({ http, tls: http, mtls: http, dir }, dir);
  } catch (error) {
    if (!(error instanceof NotUsable) || arm.kind !== "target") throw error;
    throw new NotUsable(`${error.message} (--api names the target's API)`);
  }
}

/** What a station says of a CALLERROR begins with the action, of a silence it does not. */
const named = (action: string, reason: string) => (reason.startsWith(action) ? reason : `${action}: ${reason}`);
const identification = (stationId: string) => ({
  ...{ vendor: "Kerbside", model: "Soak", firmwareVersion: "1.0.0" },
  serialNumber: stationId.slice(-25),
});

const refuse = () => ({ answer: { fault: "not-supported", description: "" } as const, after: () => {} });
