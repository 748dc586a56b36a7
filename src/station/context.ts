/**
 * What the parts of a station's object share. Must hold no behaviour of its own.
 */
import type { Config } from "../config.ts";
import type { EventType } from "../delivery/event.ts";
import type { Env } from "../env.ts";
import type { EventLog } from "./event-log.ts";
import type { Store } from "./store.ts";

export interface StationContext {
  /** The station's identity. */
  readonly id: string;
  readonly env: Env;
  readonly config: Config;
  readonly store: Store;
  readonly eventLog: EventLog;
  /** Part of every event id: new with each registration. */
  readonly incarnation: string;
  now(): number;
  /** Appends to the log; whoever calls it sees to a drain. */
  emit(type: EventType, data: unknown): number;
}
