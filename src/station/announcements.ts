/**
 * Tells the directory of a station, where something changed. It is a copy: what is lost here is mended by the next
 * transition. Must not know what the directory does with it.
 */
import type { Transition } from "../fleet/transition.ts";
import { log, messageOf } from "../log.ts";
import type { StationContext } from "./context.ts";
import type { ConnectionFacts } from "./store.ts";

export class Announcements {
  readonly #context: StationContext;
  /** What was told last, since the object woke. */
  #told: string | null = null;

  constructor(context: StationContext) {
    this.#context = context;
  }

  /** @param connection the live one, `null` while offline */
  async announce(connection: ConnectionFacts | null, undelivered: boolean): Promise<void> {
    const { eventLog, store } = this.#context;
    const registration = store.fact("registration");
    if (registration === undefined) return;
    const { boot } = eventLog.status;
    const station: Transition["station"] = {
      registeredProfile: registration.securityProfile,
      labels: registration.labels,
      online: connection !== null,
      protocol: connection?.protocol ?? null,
      securityProfile: connection?.securityProfile ?? null,
      vendor: boot?.vendor ?? null,
      model: boot?.model ?? null,
      undelivered,
    };
    // A station that boots again and again, the same each time, has nothing new to tell.
    const text = JSON.stringify(station);
    if (text === this.#told) return;
    this.#told = text;
    await this.#send(station, eventLog.head);
  }

  async deregistered(sequence: number): Promise<void> {
    this.#told = null;
    await this.#send(null, sequence);
  }

  async #send(station: Transition["station"], sequence: number): Promise<void> {
    const { env, id, now } = this.#context;
    try {
      await env.TRANSITIONS.send({ stationId: id, at: now(), sequence, station });
    } catch (error) {
      log("warn", "the directory was not told", { stationId: id, reason: messageOf(error) });
    }
  }
}
