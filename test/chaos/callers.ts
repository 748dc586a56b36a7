/**
 * Backends that command stations through the API: each command under its Idempotency-Key, tried again under the same
 * key until somebody answers. Must not know what the stations do.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Command, CommandOptions, Kerbside } from "../../src/client/kerbside.ts";
import { outcomeOf } from "./api.ts";
import type { CommandRequest } from "./ledger.ts";
import type { Random } from "./random.ts";

const RETRY_MS = 250;
/** Queued commands that are cancelled again. */
const CANCELLED = 0.15;

type Submission = CommandOptions & { isAwaited: boolean };

export class Caller {
  readonly #name: string;
  readonly #kerbside: Kerbside;
  readonly #stationIds: readonly string[];
  readonly #random: Random;
  readonly #paceMs: number;
  readonly requests: CommandRequest[] = [];
  /** By status and state, for the eye. */
  readonly outcomes = new Map<string, number>();
  #stopping = false;
  #done: Promise<void> = Promise.resolve();

  constructor(name: string, kerbside: Kerbside, stationIds: readonly string[], random: Random, paceMs: number) {
    this.#name = name;
    this.#kerbside = kerbside;
    this.#stationIds = stationIds;
    this.#random = random;
    this.#paceMs = paceMs;
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Sends no new command, and resolves once the last one is answered. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#done;
  }

  async #run(): Promise<void> {
    const open = new Set<Promise<void>>();
    while (!this.#stopping) {
      // A caller does not wait for one station before it calls the next.
      const command = this.#command(`${this.#name}-${this.requests.length}`).finally(() => open.delete(command));
      open.add(command);
      await delay(this.#random.between(0.2, 1.8) * this.#paceMs);
    }
    await Promise.all(open);
  }

  async #command(key: string): Promise<void> {
    const random = this.#random;
    const stationId = random.pick(this.#stationIds);
    const action = random.chance(0.85) ? ("DataTransfer" as const) : ("ClearCache" as const);
    const retry = random.weighted({ never: 6, "if-unsent": 2, always: 2 });
    const request: CommandRequest = {
      key,
      stationId,
      action,
      retry,
      commandIds: [],
      from: Date.now(),
      until: Infinity,
    };
    this.requests.push(request);
    const submission = {
      timeoutSeconds: random.integer(2, 8),
      expiresInSeconds: random.chance(0.4) ? random.integer(2, 40) : 0,
      retry,
      idempotencyKey: key,
      isAwaited: !random.chance(0.5),
    };
    const command = await this.#insist(request, submission);
    request.until = Date.now();
    if (command?.state === "queued" && random.chance(CANCELLED)) await this.#cancel(command);
  }

  async #insist(request: CommandRequest, submission: Submission): Promise<Command | null> {
    const { stationId, action, key } = request;
    const station = this.#kerbside.station(stationId);
    for (;;) {
      // Both actions are of either version, with the same payloads.
      const outcome = await outcomeOf<Command>(
        action === "DataTransfer"
          ? station.submit("ocpp1.6", "DataTransfer", { vendorId: "chaos", data: key }, submission)
          : station.submit("ocpp1.6", "ClearCache", {}, submission),
      );
      if (outcome.kind === "answer") {
        request.commandIds.push(outcome.value.commandId);
        this.#count(outcome.value.state);
        return outcome.value;
      }
      // 5xx without a command come from what stands before the API.
      if (outcome.kind === "refused" && outcome.status < 500) {
        this.#count(`${outcome.status}`);
        return null;
      }
      await delay(RETRY_MS);
    }
  }

  async #cancel({ stationId, commandId }: Command): Promise<void> {
    const outcome = await outcomeOf(this.#kerbside.station(stationId).cancel(commandId));
    this.#count(`cancel ${outcome.kind === "refused" ? outcome.status : outcome.kind}`);
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
