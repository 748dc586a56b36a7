/**
 * Tells the directory of a station: its registration at once and in order, all else by the queue, where something changed. What is
 * lost of that is mended by the next transition. Must not know what the directory does with it.
 */
import { abandonRegistration, putRegistration, removeRegistration } from "../fleet/registrations.ts";
import type { StationSnapshot, Transition } from "../fleet/transition.ts";
import { log, messageOf } from "../log.ts";
import type { StationContext } from "./context.ts";
import type { ConnectionFacts, EndedRegistration } from "./store.ts";

export class Announcements {
  readonly #context: StationContext;
  /** What was told last, since the object woke. */
  #told: string | null = null;
  /** One after the other: a row that was made late must not outlive the one that took it away. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: StationContext) {
    this.#context = context;
  }

  /** @param connection the live one, `null` while offline */
  async announce(connection: ConnectionFacts | null, undelivered: boolean): Promise<void> {
    const transition = this.#transition(connection, undelivered);
    if (transition === null) return;
    // A station that boots again and again, the same each time, has nothing new to tell.
    const text = JSON.stringify([transition.incarnation, transition.station]);
    if (text === this.#told) return;
    this.#told = text;
    const { env, id } = this.#context;
    try {
      await env.TRANSITIONS.send(transition);
    } catch (error) {
      this.#told = null;
      log("warn", "the directory was not told", { stationId: id, reason: messageOf(error) });
    }
  }

  /** @throws where the directory cannot be reached */
  registered(connection: ConnectionFacts | null, undelivered: boolean): Promise<void> {
    return this.#inOrder(async () => {
      const transition = this.#transition(connection, undelivered);
      // Deregistered meanwhile: whoever did sees to the row.
      if (transition !== null) await putRegistration(this.#context.env.DIRECTORY, transition);
    });
  }

  /** @throws where the directory cannot be reached */
  deregistered(ended: EndedRegistration): Promise<void> {
    return this.#inOrder(() => removeRegistration(this.#context.env.DIRECTORY, this.#context.id, ended));
  }

  /** The row of a station that its object knows nothing of; `false`: there is none. @throws where the directory cannot be reached */
  abandoned(): Promise<boolean> {
    const { env, id } = this.#context;
    // Registered meanwhile, it is no longer that row.
    return this.#inOrder(async () =>
      this.#context.incarnation === null ? abandonRegistration(env.DIRECTORY, id) : false,
    );
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #transition(
    connection: ConnectionFacts | null,
    undelivered: boolean,
  ): (Transition & { incarnation: string; station: StationSnapshot }) | null {
    const { eventLog, id, now, store } = this.#context;
    const registration = store.fact("registration");
    if (registration === undefined) return null;
    const { boot } = eventLog.status;
    return {
      stationId: id,
      at: now(),
      incarnation: registration.incarnation,
      sequence: eventLog.head,
      revision: (registration.revision ?? 0) + eventLog.troubles,
      station: {
        registeredProfile: registration.securityProfile,
        labels: registration.labels,
        online: connection !== null,
        protocol: connection?.protocol ?? null,
        securityProfile: connection?.securityProfile ?? null,
        vendor: boot?.vendor ?? null,
        model: boot?.model ?? null,
        undelivered,
        deadLetters: eventLog.deadLetters,
      },
    };
  }
}
