/**
 * Backends that command stations through the API: each command under its Idempotency-Key, tried again under the same
 * key until somebody answers. Must not know what the stations do.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { CommandRequest, CommandView } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Api } from "./api.ts";

const RETRY_MS = 250;
/** Queued commands that are cancelled again. */
const CANCELLED = 0.15;
const REQUEST_MAX_MS = 20_000;

export class Caller {
  readonly #name: string;
  readonly #api: Api;
  readonly #stationIds: readonly string[];
  readonly #random: Random;
  readonly #paceMs: number;
  readonly requests: CommandRequest[] = [];
  /** By status and state, for the eye. */
  readonly outcomes = new Map<string, number>();
  #stopping = false;
  #done: Promise<void> = Promise.resolve();

  constructor(name: string, api: Api, stationIds: readonly string[], random: Random, paceMs: number) {
    this.#name = name;
    this.#api = api;
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
    const action = random.chance(0.85) ? "DataTransfer" : "ClearCache";
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
    const body = {
      action,
      payload: action === "DataTransfer" ? { vendorId: "chaos", data: key } : {},
      timeoutSeconds: random.integer(2, 8),
      expiresInSeconds: random.chance(0.4) ? random.integer(2, 40) : 0,
      retry,
    };
    const headers = { "Idempotency-Key": key, ...(random.chance(0.5) && { Prefer: "respond-async" }) };
    const view = await this.#insist(request, body, headers);
    request.until = Date.now();
    if (view?.state === "queued" && random.chance(CANCELLED)) await this.#cancel(view);
  }

  async #insist(request: CommandRequest, body: unknown, headers: Record<string, string>): Promise<CommandView | null> {
    for (;;) {
      const path = `/v1/stations/${request.stationId}/commands`;
      const answer = await this.#api("POST", path, body, headers, REQUEST_MAX_MS).catch(() => null);
      const view = answer?.body as Partial<CommandView> | null | undefined;
      if (typeof view?.commandId === "string") request.commandIds.push(view.commandId);
      // A 504 with a command in it is an answer; 5xx without one come from what stands before the API.
      if (answer !== null && (answer.status < 500 || typeof view?.commandId === "string")) {
        this.#count(`${answer.status} ${view?.state ?? ""}`.trim());
        return typeof view?.commandId === "string" ? (view as CommandView) : null;
      }
      await delay(RETRY_MS);
    }
  }

  async #cancel({ stationId, commandId }: CommandView): Promise<void> {
    const path = `/v1/stations/${stationId}/commands/${commandId}`;
    const answer = await this.#api("DELETE", path, undefined, {}, REQUEST_MAX_MS).catch(() => null);
    this.#count(`DELETE ${answer?.status ?? "lost"}`);
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
