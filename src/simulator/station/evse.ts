/**
 * The EVSE of a station: vehicles come, charge and leave, and each step is told in order. Must not know connections:
 * `tell` takes a message and gives back the answer, whatever became of the line meanwhile.
 */
import type { Payload } from "../../ocpp/message.ts";
import {
  advance,
  arrivingVehicle,
  type ChargingSession,
  finish,
  plugIn,
  readMeter,
  startCharging,
  wholeWh,
} from "./charging-session.ts";
import { pause } from "../../programs/pause.ts";
import type { Random } from "./random.ts";
import type { EvseStatus, StationMessage, StationMessages, StopReason, Transaction } from "./station-messages.ts";
import type { StationRecord } from "./station-record.ts";

export interface EvseOptions {
  messages: StationMessages;
  random: Random;
  statistics: StationRecord;
  meterIntervalMs: number;
  sessionMs: number;
  isOnline(): boolean;
  /** `keep`: until it is acknowledged. `null`: it was not, and will not be. */
  tell(message: StationMessage, keep: boolean): Promise<Payload | null>;
}

export interface SessionRequest {
  idToken: string;
  remoteStartId: number | null;
}

/** Between two sessions, as a share of one. */
const PAUSE_SHARE = 1 / 6;

export class Evse {
  status: EvseStatus = "Available";
  isOperative = true;
  meterIntervalMs: number;
  transaction: Transaction | null = null;
  session: ChargingSession | null = null;
  readonly #options: EvseOptions;
  #registerWh: number;
  #said: unknown = null;
  #line: Promise<unknown> = Promise.resolve();
  #current: Promise<void> = Promise.resolve();
  #isBusy = false;
  #isRetired = false;
  #waiting = new AbortController();
  #ending = new AbortController();
  #stopReason: StopReason = "EVDisconnected";

  constructor(options: EvseOptions) {
    this.#options = options;
    this.meterIntervalMs = options.meterIntervalMs;
    // No meter is new; whole, so that what a session adds can be read off it.
    this.#registerWh = options.random.integer(1_000, 2_000_000);
  }

  /** One session after the other, until it retires. */
  async keepCharging(): Promise<void> {
    const { random, sessionMs } = this.#options;
    while (!this.#isRetired) {
      await pause(random.between(0, 2) * PAUSE_SHARE * sessionMs, this.#waiting.signal);
      await this.#current;
      if (this.isFree) await this.begin({ idToken: `SIM${random.integer(100_000, 999_999)}`, remoteStartId: null });
    }
  }

  get isFree(): boolean {
    return this.isOperative && !this.#isBusy && !this.#isRetired;
  }

  begin(request: SessionRequest): Promise<void> {
    this.#isBusy = true;
    this.#current = this.#charge(request).finally(() => {
      this.#isBusy = false;
    });
    return this.#current;
  }

  /** Resolves once the session under way, if any, is told to its end. */
  endSession(reason: StopReason): Promise<void> {
    this.#stopReason = reason;
    this.#ending.abort();
    return this.#current;
  }

  /** Resolves once no session is under way, whoever ends it. */
  whenIdle(): Promise<void> {
    return this.#current;
  }

  /** Resolves once all is told. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    this.#waiting.abort();
    await this.endSession("Local");
    await this.#line;
  }

  /** [1.6 §5.2, 2.x G03] Takes effect after a transaction. */
  setOperative(isOperative: boolean): void {
    this.isOperative = isOperative;
    if (!this.#isBusy) void this.show(isOperative ? "Available" : "Unavailable");
  }

  /** Told even if it is no news: `isAsked` by the CSMS, or after a connection was lost. */
  async show(status: EvseStatus, isAsked = false): Promise<void> {
    this.status = status;
    const message = this.#options.messages.status(status, Date.now());
    const news = message.payload.status ?? message.payload.connectorStatus;
    if (news === this.#said && !isAsked) return;
    this.#said = news;
    await this.#say(message, false);
  }

  /** What TriggerMessage asks for. */
  sampleNow(): void {
    const { messages } = this.#options;
    const now = Date.now();
    const session = this.session === null ? null : advance(this.session, now);
    const idle = { at: now, energyWh: wholeWh(this.#registerWh), powerW: 0, currentA: 0, socPercent: 0 };
    if (session === null || this.transaction === null) return void this.#say(messages.meterValues(idle), false);
    this.#keep(session);
    const sampling = { offline: !this.#options.isOnline(), isTriggered: true };
    void this.#say(messages.sampled(this.#next(this.transaction), session.phase, readMeter(session), sampling), true);
  }

  async #charge({ idToken, remoteStartId }: SessionRequest): Promise<void> {
    const { messages, random, statistics, isOnline } = this.#options;
    this.#ending = new AbortController();
    this.#stopReason = "EVDisconnected";
    const session = this.#keep(plugIn(arrivingVehicle(random), this.#registerWh, Date.now()));
    await this.show("Preparing");
    const authorized = await this.#say(messages.authorize(idToken), false);
    if (authorized !== null && messages.isAccepted(authorized) && !this.#ending.signal.aborted) {
      const transaction: Transaction = { transactionId: null, idToken, remoteStartId, seqNo: 0 };
      if (messages.makesTransactionIds) transaction.transactionId = crypto.randomUUID();
      const started = messages.started(this.#next(transaction), readMeter(session), !isOnline());
      const answer = await this.#say(started, true);
      transaction.transactionId ??= messages.transactionIdOf(answer ?? {});
      this.transaction = transaction;
      const isAccepted = answer === null || messages.isAccepted(answer);
      if (isAccepted) await this.#deliver(startCharging(session, Date.now()), transaction);
      else this.#stopReason = "DeAuthorized";
      if (!isAccepted) statistics.sessionsRefused++;
      await this.#end(transaction);
    } else if (authorized !== null) statistics.sessionsRefused++;
    this.session = null;
    this.transaction = null;
    await this.show(this.isOperative ? "Available" : "Unavailable");
  }

  async #deliver(started: ChargingSession, transaction: Transaction): Promise<void> {
    const { messages, random, sessionMs, statistics, isOnline } = this.#options;
    const { signal } = this.#ending;
    let session = this.#keep(started);
    const endsAt = Date.now() + random.between(0.5, 1.5) * sessionMs;
    let told: string = "Preparing";
    while (!signal.aborted && Date.now() < endsAt) {
      const reading = readMeter(session);
      if (session.phase !== told) {
        told = session.phase;
        const changed = messages.phaseChanged(this.#next(transaction), session.phase, reading, !isOnline());
        if (changed !== null) await this.#say(changed, true);
        await this.show(session.phase);
      } else {
        const sampling = { offline: !isOnline(), isTriggered: false };
        const answer = await this.#say(
          messages.sampled(this.#next(transaction), session.phase, reading, sampling),
          true,
        );
        if (answer !== null) statistics.meterValues++;
      }
      await pause(Math.max(0, Math.min(this.meterIntervalMs, endsAt - Date.now())), signal);
      session = this.#keep(advance(session, Date.now()));
    }
  }

  async #end(transaction: Transaction): Promise<void> {
    const { messages, statistics, isOnline } = this.#options;
    if (this.session === null) return;
    const session = this.#keep(finish(this.session, Date.now()));
    const ended = messages.ended(this.#next(transaction), this.#stopReason, readMeter(session), !isOnline());
    if ((await this.#say(ended, true)) !== null) {
      statistics.sessions++;
      statistics.energyWh += wholeWh(session.registerWh) - wholeWh(session.meterStartWh);
    }
    await this.show("Finishing");
  }

  #keep(session: ChargingSession): ChargingSession {
    this.session = session;
    this.#registerWh = session.registerWh;
    return session;
  }

  /** [2.x E01.FR.07] As the message is made, not as it is sent. */
  #next(transaction: Transaction): Transaction {
    return { ...transaction, seqNo: transaction.seqNo++ };
  }

  /** [1.6 §3.7, 2.x E13] Strictly in order, also what is said again. */
  #say(message: StationMessage, keep: boolean): Promise<Payload | null> {
    const answer = this.#line.then(() => this.#options.tell(message, keep));
    this.#line = answer;
    return answer;
  }
}
