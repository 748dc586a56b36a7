/**
 * One Charging Station from power on to power off: it boots, keeps its heartbeat, charges, obeys. Must not know the fleet,
 * nor how stations are registered.
 */
import type { ClientOptions } from "ws";
import type { Payload } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { backOffMs, STATION_BACK_OFF } from "./back-off.ts";
import { Evse } from "./evse.ts";
import { pause } from "../../programs/pause.ts";
import type { Mix } from "./profile.ts";
import type { Random } from "./random.ts";
import { type Commanded, obey } from "./station-commands.ts";
import type { CallOutcome, StationConnection } from "./station-connection.ts";
import { type ConnectTurn, StationLine } from "./station-line.ts";
import type { BootReason, Identification, StationMessage, StationMessages } from "./station-messages.ts";
import type { StationRecord } from "./station-record.ts";
import { messagesOf } from "./version-messages.ts";

export interface RegisteredStation extends Mix {
  stationId: string;
  url: string;
  /** What proves who it is, and where it connects. */
  socket: ClientOptions;
}

export interface StationOptions {
  station: RegisteredStation;
  random: Random;
  gate: ConnectTurn;
  statistics: StationRecord;
  sessionMs: number;
  meterIntervalMs: number;
  /** False: only when the CSMS says so. */
  chargesByItself: boolean;
  /** What its nameplate says; left out: this simulator. */
  identification?: Pick<Identification, "vendor" | "model"> | undefined;
}

/** Until the next BootNotification, where the answer names no interval. [1.6 §4.2, 2.x B02.FR.06] The station's choice. */
const BOOT_RETRY_SECONDS = 30;
/** [1.6 §9.1.23, 2.x E13] TransactionMessageAttempts, for what was refused; a lost line is no attempt. */
const ATTEMPTS = 5;
/** [1.6 §6.4] chargePointSerialNumber is the shortest of them. */
const SERIAL_MAX_LENGTH = 25;

export class ChargingStation implements Commanded {
  readonly protocol: Protocol;
  readonly identification: Identification;
  readonly evse: Evse;
  readonly #options: StationOptions;
  readonly #messages: StationMessages;
  readonly #line: StationLine;
  #bootReason: BootReason | null = "PowerUp";
  #heartbeatSeconds = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #isIn = false;
  /** Resolves once it is in, or off. */
  #settled = Promise.withResolvers<void>();
  #life: Promise<void> = Promise.resolve();

  constructor(options: StationOptions) {
    this.#options = options;
    const { random, statistics, sessionMs, meterIntervalMs, station, gate } = options;
    const serialNumber = station.stationId.slice(-SERIAL_MAX_LENGTH);
    this.protocol = station.protocol;
    const { vendor, model } = options.identification ?? { vendor: "Kerbside", model: "Simulator" };
    this.identification = { vendor, model, serialNumber, firmwareVersion: "1.0.0" };
    this.#messages = messagesOf(station.protocol);
    this.evse = new Evse({
      ...{ messages: this.#messages, random, statistics, sessionMs, meterIntervalMs },
      isOnline: () => this.#isIn,
      tell: (message, keep) => this.#tell(message, keep),
    });
    this.#line = new StationLine({
      ...{ url: station.url, protocol: station.protocol, socket: station.socket, gate, random, statistics },
      onOpen: (connection) => void this.#enter(connection),
      onClosed: () => this.#leave(),
      onCommand: (call) => {
        statistics.commands.add(call.action);
        return obey(this, call);
      },
    });
  }

  get station(): RegisteredStation {
    return this.#options.station;
  }

  /** Connected, and its boot accepted. */
  get isIn(): boolean {
    return this.#isIn;
  }

  /** `false`: its power went off before. */
  whenIn(): Promise<boolean> {
    return this.#settled.promise.then(() => !this.#line.off.aborted);
  }

  start(): void {
    this.#life = this.#line.keep();
    if (this.#options.chargesByItself) void this.whenIn().then(() => this.evse.keepCharging());
  }

  breakLine(): void {
    this.#leave();
    this.#line.break();
  }

  /** Ends the session under way, then the connection. */
  async finish(): Promise<void> {
    await this.evse.retire();
    await this.#line.close();
    this.#settled.resolve();
    await this.#life;
  }

  /** Power off. */
  kill(): void {
    this.#line.kill();
    this.#settled.resolve();
    void this.evse.retire();
  }

  get heartbeatSeconds(): number {
    return this.#heartbeatSeconds;
  }

  set heartbeatSeconds(seconds: number) {
    this.#heartbeatSeconds = seconds;
    clearTimeout(this.#heartbeat);
    if (seconds <= 0 || !this.#isIn) return;
    // Jitter, or a fleet that was accepted at once beats at once for ever.
    const ms = seconds * 1_000 * this.#options.random.between(0.9, 1.1);
    this.#heartbeat = setTimeout(() => {
      this.heartbeatSeconds = seconds;
      void this.beat();
    }, ms);
  }

  async beat(): Promise<void> {
    const { connection } = this.#line;
    if (connection === null) return;
    const { state } = await this.#call(connection, { action: "Heartbeat", payload: {} });
    if (state === "result") this.#options.statistics.heartbeats++;
  }

  async bootAgain(): Promise<void> {
    if (this.#line.connection !== null) await this.#boot(this.#line.connection, "Triggered");
  }

  async restart(): Promise<void> {
    this.#bootReason = "RemoteReset";
    this.#leave();
    await this.#line.hangUp();
  }

  /** [1.6 §4.2, 2.x B01] Boots, unless it only lost the line. */
  async #enter(connection: StationConnection): Promise<void> {
    while (this.#bootReason !== null) {
      const retryMs = await this.#boot(connection, this.#bootReason);
      if (retryMs === 0) this.#bootReason = null;
      else if (!connection.isOpen || !(await pause(retryMs, this.#line.off))) return;
    }
    if (!connection.isOpen || this.#line.off.aborted) return;
    this.#isIn = true;
    this.#line.settled();
    this.#settled.resolve();
    this.heartbeatSeconds = this.#heartbeatSeconds;
    await this.evse.show(this.evse.status, true);
  }

  /** ms until the next try; 0: it was accepted. */
  async #boot(connection: StationConnection, reason: BootReason): Promise<number> {
    const outcome = await this.#call(connection, this.#messages.boot(this.identification, reason));
    if (outcome.state !== "result") return this.#line.backOffMs();
    const { status, interval } = outcome.payload as { status: string; interval: number };
    if (status !== "Accepted") return (interval || BOOT_RETRY_SECONDS) * 1_000;
    this.#options.statistics.boots++;
    this.heartbeatSeconds = interval;
    return 0;
  }

  #leave(): void {
    clearTimeout(this.#heartbeat);
    if (!this.#isIn) return;
    this.#isIn = false;
    this.#settled = Promise.withResolvers();
    if (this.#line.off.aborted) this.#settled.resolve();
  }

  async #call(connection: StationConnection, { action, payload }: StationMessage): Promise<CallOutcome> {
    const { statistics } = this.#options;
    const outcome = await connection.call(action, payload);
    if (outcome.state === "result") statistics.calls.add(outcome.ms);
    if (outcome.state === "failed") statistics.callFailures.add(outcome.reason);
    if (outcome.state === "lost") {
      if (this.#line.isLeaving) statistics.interrupted++;
      else statistics.callFailures.add(`${action}: ${outcome.reason}`);
    }
    return outcome;
  }

  async #tell(message: StationMessage, keep: boolean): Promise<Payload | null> {
    for (let attempt = 0; attempt < ATTEMPTS && (await this.#online()); ) {
      const { connection } = this.#line;
      const outcome: CallOutcome = connection === null ? { state: "unsent" } : await this.#call(connection, message);
      if (outcome.state === "result") return outcome.payload;
      if (!keep && outcome.state === "failed") return null;
      if (outcome.state === "failed") attempt++;
      const retryMs = backOffMs(STATION_BACK_OFF, attempt, this.#options.random);
      if (!(await pause(retryMs, this.#line.off))) return null;
    }
    return null;
  }

  /** `false`: it will not be any more. */
  async #online(): Promise<boolean> {
    while (!this.#isIn && !this.#line.off.aborted) await this.#settled.promise;
    return !this.#line.off.aborted;
  }
}
