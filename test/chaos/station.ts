/**
 * A Charging Station on ocpp-rpc: it charges, keeps what it got no CALLRESULT for and sends it again, strictly in
 * order, and answers commands. Must not know the broker's API or what the ledgers are for.
 */
import { setTimeout as delay } from "node:timers/promises";
import { createRPCError, RPCClient } from "ocpp-rpc";
import type { Payload, StationMessage } from "./ledger.ts";
import type { Random } from "./random.ts";
import { bootOf, floodOf, type Intent, sessionOf, statusOf, type Version } from "./sessions.ts";
import { StationRecorder } from "./station-recorder.ts";
import { Counters, PLAIN, type Temper } from "./temper.ts";

export interface StationOptions {
  id: string;
  version: Version;
  endpoint: string;
  /** Of each upgrade, as they are then. */
  headers?: Readonly<Record<string, string>>;
  /** TLS, with a client certificate where the profile asks for one. */
  tls?: { ca: string; cert: string; key: string };
  random: Random;
  /** ms between two messages, on the mean. */
  paceMs: number;
  temper?: Temper;
  /** It tells nothing but meter values, one behind the other at its pace. */
  floods?: boolean;
  /** Without it, one that writes the ledger alone. */
  recorder?: StationRecorder;
  /** What it answers to a command; without it, as to any. */
  execute?(action: string, payload: Payload): Payload;
}

/** What a station does with a command. */
const BEHAVIOURS = { prompt: 75, slow: 12, refuses: 8, late: 5 } as const;
const CALL_TIMEOUT_MS = 8_000;
const CONNECT_MAX_MS = 5_000;
const CLOSE_MAX_MS = 2_000;
const RETRY_MS = [200, 400, 800, 1_500] as const;
const BACKOFF = { initialDelay: 500, maxDelay: 4_000, factor: 2, randomisationFactor: 0.5 };

export class ChaosStation {
  readonly recorder: StationRecorder;
  readonly #options: StationOptions;
  readonly #client: InstanceType<typeof RPCClient>;
  readonly #pending = new Map<string, (frame: unknown[] | null) => void>();
  readonly #temper: Temper;
  readonly #counters: Counters;
  #answers = 0;
  #serialNumber = "0";
  /** It was registered anew, or its power was cut, and has not booted since. */
  #mustBoot = true;
  /** Messages that were named or timed as another one was, and boots with something right behind. */
  peculiarities = 0;
  #finishing = false;
  #done: Promise<void> = Promise.resolve();

  constructor(options: StationOptions) {
    this.#options = options;
    this.#temper = options.temper ?? PLAIN;
    this.#counters = new Counters(this.#temper, options.random);
    this.recorder = options.recorder ?? new StationRecorder(options.id);
    this.#client = new RPCClient({
      identity: options.id,
      endpoint: options.endpoint,
      protocols: [options.version],
      callTimeoutMs: CALL_TIMEOUT_MS,
      pingIntervalMs: 10_000,
      backoff: BACKOFF,
      headers: options.headers ?? {},
      wsOpts: { perMessageDeflate: false, ...options.tls },
    } as ConstructorParameters<typeof RPCClient>[0]);
    this.#client.on("message", ({ message, outbound }: { message: string; outbound: boolean }) =>
      this.#onFrame(String(message), outbound),
    );
    this.#client.on("open", () => {
      this.recorder.connected();
      this.#counters.connected();
    });
    this.#client.on("disconnect", () => this.#fail());
    this.#client.handle((({ method, params }: { method: string; params: Payload }) =>
      this.#execute(method, params)) as never);
  }

  get id(): string {
    return this.#options.id;
  }

  get floods(): boolean {
    return this.#options.floods ?? false;
  }

  get online(): boolean {
    return this.#client.state === RPCClient.OPEN;
  }

  /** Power on: it connects, boots and charges until `finish`. */
  start(): void {
    void this.#connect();
    this.#done = this.#charge();
  }

  /** Ends the session under way and resolves once everything is acknowledged. */
  finish(): Promise<void> {
    this.#finishing = true;
    return this.#done;
  }

  /** It was registered anew under a number that it tells in its boots from now on. */
  registeredAnew(number: string): void {
    this.#serialNumber = number;
    this.#mustBoot = true;
  }

  /** The line breaks; the station comes back by itself. */
  breakLine(): void {
    (this.#client as unknown as { _ws?: { terminate(): void } })._ws?.terminate();
  }

  /** Leaves for a while, and comes back. */
  async leave(forMs: number): Promise<void> {
    // Closed while it connects, ocpp-rpc never connects again.
    if (!this.online) return;
    const closed = this.#client.close({ code: 1000, force: this.#options.random.chance(0.5) } as never);
    // A socket that breaks while it closes leaves ocpp-rpc waiting.
    await Promise.race([closed, delay(CLOSE_MAX_MS)]).catch(() => {});
    this.#fail();
    await delay(forMs);
    await this.#connect();
  }

  stop(): void {
    void this.#client.close({ force: true } as never);
  }

  /** ocpp-rpc reconnects by itself, but not from a first failure, nor once it was closed. */
  async #connect(): Promise<void> {
    while (!this.online) {
      await Promise.race([this.#client.connect(), delay(CONNECT_MAX_MS)]).catch(() => {});
      if (!this.online) await delay(this.#options.random.between(200, 1_000));
    }
  }

  async #charge(): Promise<void> {
    const { version, random, floods = false } = this.#options;
    while (!this.#finishing) {
      await this.#bootIfItMust();
      for (const intent of floods ? [floodOf(this.#counters)] : sessionOf(version, this.#counters, random)) {
        await this.#tell(intent);
        if (intent.keep && !this.#finishing) await delay(random.between(0.3, 1.7) * this.#options.paceMs);
      }
      if (random.chance(this.#temper.resets)) {
        this.#mustBoot = true;
        this.breakLine();
      }
    }
    await this.#bootIfItMust();
  }

  /** Deregistered while it boots, it boots again. */
  async #bootIfItMust(): Promise<void> {
    while (this.#mustBoot) {
      this.#mustBoot = false;
      await this.#boot();
    }
  }

  async #boot(): Promise<void> {
    const { version } = this.#options;
    for (;;) {
      const serialNumber = this.#serialNumber;
      const { promise: sent, resolve } = Promise.withResolvers<void>();
      const boot = this.#attempt(
        "BootNotification",
        bootOf(version, serialNumber),
        () => this.#counters.messageId(),
        null,
        resolve,
      );
      const answer = this.#temper.hasty ? await this.#hurry(boot, sent) : await boot;
      if (answer?.status === "Accepted") {
        this.recorder.ledger.bootedAs = serialNumber;
        this.#counters.booted();
        return;
      }
      // [1.6 §4.2, 2.x B02] Pending says when to ask again.
      await delay(answer === null ? RETRY_MS[0] : Number(answer.interval) * 1_000);
    }
  }

  /** Its status goes out right behind the boot, before that is answered. */
  async #hurry(boot: Promise<Payload | null>, sent: Promise<void>): Promise<Payload | null> {
    const { version } = this.#options;
    // Each waits for the line by itself: the status could be there first.
    await Promise.race([sent, boot]);
    const refusals = this.recorder.ledger.refused.length;
    const status = this.#attempt("StatusNotification", statusOf(version), () => this.#counters.messageId(), null);
    const [answer, taken] = await Promise.all([boot, status]);
    const isRefused = this.recorder.ledger.refused
      .slice(refusals)
      .some(({ action, code }) => action === "StatusNotification" && code === "SecurityError");
    const behind = taken !== null ? "taken" : isRefused ? "refused" : null;
    this.recorder.ledger.hastyBoots.push({ version, status: (answer?.status as string | undefined) ?? null, behind });
    this.peculiarities++;
    return answer;
  }

  async #tell({ action, keep, payload, answered }: Intent): Promise<void> {
    const { version, random } = this.#options;
    const said = payload();
    const message = keep ? this.recorder.wants(action, said) : null;
    if (this.#temper.clock === "none" || this.#temper.seqNo === "stuck" || this.#temper.messageIds === "counter")
      this.peculiarities++;
    let messageId = () => this.#counters.messageId();
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(action, said, messageId, message);
      // A CALLRESULT that came late, on another attempt's id, is one too.
      const acknowledged = answer ?? message?.acknowledged ?? null;
      if (acknowledged !== null) return answered?.(acknowledged);
      if (!keep) return;
      await delay(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
      // [1.6 errata] the same id or a new one; [2.0.1 ed. 3] a new one. Without a clock nothing else tells a repetition.
      const repeats = version === "ocpp1.6" && (this.#temper.clock === "none" || random.chance(0.5));
      const last = message?.messageIds.at(-1);
      messageId =
        repeats && last !== undefined && this.#temper.messageIds === "random"
          ? () => last
          : () => this.#counters.messageId();
    }
  }

  /** The CALLRESULT's payload; `null`: a CALLERROR, or no answer. */
  async #attempt(
    action: string,
    payload: Payload,
    idOf: () => string,
    message: StationMessage | null,
    sent = () => {},
  ) {
    while (!this.online) await delay(50);
    // Only now: a counter starts anew on each connection.
    const messageId = idOf();
    if (message !== null) this.recorder.attempt(message, messageId);
    const { promise, resolve } = Promise.withResolvers<unknown[] | null>();
    this.#pending.set(messageId, resolve);
    const timer = setTimeout(resolve, CALL_TIMEOUT_MS, null);
    // Not `call`: it takes a new id for each attempt.
    this.#client.sendRaw(JSON.stringify([2, messageId, action, payload]));
    sent();
    const frame = await promise;
    clearTimeout(timer);
    if (this.#pending.get(messageId) === resolve) this.#pending.delete(messageId);
    return frame?.[0] === 3 ? (frame[2] as Payload) : null;
  }

  #onFrame(frame: string, outbound: boolean): void {
    if (outbound) {
      this.recorder.sent(frame);
      return;
    }
    this.recorder.received(frame);
    const parsed = JSON.parse(frame) as [number, string, ...unknown[]];
    if (parsed[0] !== 2) this.#pending.get(parsed[1])?.(parsed);
  }

  #fail(): void {
    for (const resolve of this.#pending.values()) resolve(null);
    this.#pending.clear();
  }

  async #execute(action: string, asked: Payload): Promise<Payload> {
    const { random, id, execute } = this.#options;
    const behaviour = random.weighted(BEHAVIOURS);
    if (behaviour === "slow") await delay(random.between(200, 1_500));
    if (behaviour === "late") await delay(random.between(3_000, 6_000));
    if (behaviour === "refuses") throw createRPCError("InternalError", `refused by ${id}`, {});
    if (execute !== undefined) return execute(action, asked);
    // Each execution answers something else, so that no answer can pass for another's.
    if (action === "DataTransfer") return { status: "Accepted", data: `${id}-${++this.#answers}` };
    return { status: random.chance(0.5) ? "Accepted" : "Rejected" };
  }
}
