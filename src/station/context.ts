/**
 * What the parts of a station's object share: who it is, its storage, its log and its clock. Must not decide anything.
 */
import { type Config, configOf } from "../config.ts";
import type { EventType } from "../delivery/event.ts";
import type { Env } from "../env.ts";
import type { Carrier } from "./carried-acknowledgements.ts";
import { EventLog } from "./event-log.ts";
import { Store } from "./store.ts";

export class StationContext {
  readonly #state: DurableObjectState;
  readonly #carrier: Carrier;
  readonly env: Env;
  readonly config: Config;
  readonly store: Store;
  #eventLog: EventLog | null = null;

  constructor(state: DurableObjectState, env: Env, carrier: Carrier) {
    this.#state = state;
    this.#carrier = carrier;
    this.env = env;
    this.config = configOf(env);
    this.store = new Store(state.storage);
  }

  /** The station's identity. */
  get id(): string {
    return this.#state.id.name ?? "";
  }

  /** Read when it is first asked for: an object that only refuses needs none. */
  get eventLog(): EventLog {
    if (this.#eventLog === null) {
      const { incarnation = "", floor = 0 } = this.store.fact("registration") ?? {};
      this.#eventLog = new EventLog(this.store, this.#carrier, { incarnation, floor });
    }
    return this.#eventLog;
  }

  /** New with each registration, and part of every event id. `null`: there is none. */
  get incarnation(): string | null {
    return this.store.fact("registration")?.incarnation ?? null;
  }

  /** Sequence of the newest event; `null`: the log was not read since the object woke. */
  get headIfRead(): number | null {
    return this.#eventLog?.head ?? null;
  }

  now(): number {
    return Date.now();
  }

  /** Appends to the log; whoever calls it sees to a drain. */
  emit(type: EventType, data: unknown): number {
    return this.eventLog.append(type, data, this.now());
  }

  /** Forgets everything, in the storage and out of it. */
  async clear(): Promise<void> {
    this.#eventLog?.end();
    this.#eventLog = null;
    await this.store.clear();
  }
}
