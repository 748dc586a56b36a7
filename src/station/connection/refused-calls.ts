/**
 * `ocpp.call.refused` events, bounded: a station that repeats what is refused must not fill its log with it. Must not
 * know why a CALL is refused.
 */
import type { RefusedCallData } from "../../delivery/event.ts";
import { log } from "../../log.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { RefusedCall } from "../../ocpp/session.ts";
import type { StationContext } from "../object/context.ts";

/** Events in one window, and its ms; further refusals in it are counted. */
const EVENTS_PER_WINDOW = 10;
const WINDOW_MS = 60_000;

export class RefusedCalls {
  readonly #context: StationContext;
  #window = { from: 0, events: 0 };
  #suppressed = 0;

  constructor(context: StationContext) {
    this.#context = context;
  }

  report(protocol: Protocol, refused: RefusedCall): void {
    const now = this.#context.now();
    const elapsed = now - this.#window.from;
    // A clock that was set back begins a new window as well.
    if (elapsed >= WINDOW_MS || elapsed < 0) this.#window = { from: now, events: 0 };
    // A log that is full of undelivered events is full for what was not even taken.
    if (this.#window.events >= EVENTS_PER_WINDOW || !this.#context.eventLog.hasRoomFor("MeterValues")) {
      this.#suppressed++;
      return;
    }
    const { messageId, action, code, description } = refused;
    log("warn", "a CALL was refused", { stationId: this.#context.id, messageId, action, code, description });
    const data: RefusedCallData = { protocol, ...refused, suppressedBefore: this.#suppressed };
    this.#context.emit("ocpp.call.refused", data);
    this.#window.events++;
    this.#suppressed = 0;
  }
}
