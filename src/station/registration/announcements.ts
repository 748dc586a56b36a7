/**
 * Tells the directory of a station: its registration at once and in order, all else by the queue, where something changed. What
 * the queue did not take is told again by the alarm. Must not know what the directory does with it.
 */
import { backOff } from "../../delivery/back-off.ts";
import { abandonRegistration, putRegistration, removeRegistration } from "../../fleet/registrations.ts";
import type { Counted } from "../../fleet/metrics/families.ts";
import type { Disconnect } from "../../fleet/offline-reason.ts";
import type { Backlog, StationSnapshot, Transition } from "../../fleet/transition.ts";
import { log, messageOf } from "../../log.ts";
import { revocationKeys } from "../../security/revocation.ts";
import { inTime } from "../../time-limit.ts";
import type { Agenda } from "../object/agenda.ts";
import type { StationContext } from "../object/context.ts";
import type { Deadline } from "../object/deadlines.ts";
import type { ConnectionFacts, EndedRegistration } from "../storage/facts.ts";
import { lastEnded, type PastConnection } from "../storage/past-connections.ts";

/** ms the queue has to take a transition. */
const TOLD_WITHIN_MS = 10_000;
/** ms before what the queue did not take is told again, doubled each time; the upper half is random. */
const AGAIN_BASE_MS = 60_000;
const AGAIN_MAX_MS = 3_600_000;

interface Standing {
  /** The live one, `null` while offline. */
  connection: ConnectionFacts | null;
  /** Some webhook does not take its events. */
  undelivered: boolean;
  /** Somebody answers what the edge does not decide. */
  hasCsms: boolean;
}

export class Announcements {
  readonly #context: StationContext;
  readonly #agenda: Agenda;
  /** How things stand, as far as the log does not say it. */
  readonly #standing: () => Standing;
  /** What was told last, since the object woke. */
  #told: string | null = null;
  /** What is on its way to the queue. */
  #telling: string | null = null;
  /** ms since the epoch, of the newest connection since the object woke. */
  #connectedAt: number | null = null;
  /** One after the other: a row that was made late must not outlive the one that took it away. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: StationContext, agenda: Agenda, standing: () => Standing) {
    this.#context = context;
    this.#agenda = agenda;
    this.#standing = standing;
  }

  /** Of what was not told. @param background takes what nobody waits for */
  deadlines(background: (work: Promise<void>) => void): Deadline[] {
    const at = () => this.againAt;
    return [{ at, aheadMaxMs: AGAIN_MAX_MS, look: () => (at() === null ? undefined : background(this.again())) }];
  }

  /** Never throws. */
  async announce(): Promise<void> {
    const transition = this.transition();
    // The last that is heard of a registration that has ended.
    if (transition === null) return this.handOver();
    // A station that boots again and again, the same each time, has nothing new to tell.
    const text = JSON.stringify([transition.incarnation, transition.station]);
    if (text === (this.#telling ?? this.#told)) return;
    this.#telling = text;
    const { env, id, incarnation } = this.#context;
    let counts: Counted | null = null;
    try {
      counts = this.#context.takeCounts();
      const told = counts === null ? transition : { ...transition, counts };
      await inTime(env.TRANSITIONS.send(told), TOLD_WITHIN_MS, "the queue");
      if (this.#telling === text) this.#said(text);
    } catch (error) {
      log("warn", "the directory was not told", { stationId: id, reason: messageOf(error) });
      if (counts !== null) this.#context.counts.giveBack(counts);
      // What was said since says more, and sees to itself.
      if (this.#telling === text && this.#context.incarnation === incarnation) this.#unsaid();
    }
  }

  /** What was counted, by a message of its own; where some webhook is in trouble with how that stands. Never throws: what the queue does not take goes with the next. */
  async handOver(): Promise<void> {
    // A Heartbeat reads no log for it.
    const isKnown = this.#context.headIfRead !== null && this.#context.incarnation !== null;
    if (isKnown && this.#standing().undelivered) return this.again();
    const counts = this.#context.takeCounts();
    if (counts === null) return;
    try {
      await inTime(this.#context.env.TRANSITIONS.send({ counts }), TOLD_WITHIN_MS, "the queue");
    } catch (error) {
      log("warn", "what was counted was not handed over", { stationId: this.#context.id, reason: messageOf(error) });
      this.#context.counts.giveBack(counts);
    }
  }

  /** Whatever was told before. */
  async again(): Promise<void> {
    if (this.#context.incarnation === null) return;
    this.#told = null;
    await this.announce();
  }

  /** ms since the epoch at which what was not told is told again; `null`: all was told, or is on its way. */
  get againAt(): number | null {
    return this.#telling !== null ? null : (this.#context.store.fact("untold")?.againAt ?? null);
  }

  #said(text: string): void {
    this.#telling = null;
    this.#told = text;
    if (this.#context.store.fact("untold") !== undefined) this.#context.store.dropFact("untold");
  }

  #unsaid(): void {
    this.#telling = null;
    this.#told = null;
    const { store, now } = this.#context;
    const known = store.fact("untold");
    // Each transition of an outage fails, and needs no row of its own.
    if (known === undefined || now() >= known.againAt) {
      const failures = (known?.failures ?? 0) + 1;
      const waitMs = backOff(failures - 1, AGAIN_BASE_MS, AGAIN_MAX_MS, Math.random());
      store.setFact("untold", { failures, againAt: now() + Math.round(waitMs) });
    }
    this.#agenda.changed();
    this.#agenda.meanwhile();
  }

  /** @throws where the directory cannot be reached */
  registered(): Promise<void> {
    return this.#inOrder(async () => {
      const transition = this.transition();
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

  /** Of which one row is read for each webhook. */
  get #backlog(): Backlog {
    const { eventLog } = this.#context;
    let since: number | null = null;
    for (const cursor of Object.values(eventLog.cursors)) {
      eventLog.read(cursor, ({ at }) => {
        since = Math.min(since ?? at, at);
        return false;
      });
    }
    return { events: eventLog.backlog, since };
  }

  /** How it stands, as the directory is to have it; `null`: it is not registered. */
  transition(): (Transition & { incarnation: string; station: StationSnapshot }) | null {
    const { eventLog, id, now, store } = this.#context;
    const registration = store.fact("registration");
    if (registration === undefined) return null;
    const { boot } = eventLog.status;
    const { connection, undelivered, hasCsms } = this.#standing();
    this.#connectedAt = connection?.since ?? this.#connectedAt;
    const end = lastEnded(eventLog.past);
    const certificate = connection?.certificate ?? end?.certificate ?? null;
    return {
      stationId: id,
      at: now(),
      incarnation: registration.incarnation,
      sequence: eventLog.head,
      revision: (registration.revision ?? 0) + eventLog.troubles,
      ...(undelivered && { backlog: this.#backlog }),
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
        ...(this.#connectedAt !== null && { connectedAt: this.#connectedAt }),
        serialNumber: boot?.serialNumber ?? null,
        certificateNotAfter: certificate && new Date(certificate.notAfter).getTime(),
        certificateKeys: certificate && revocationKeys(certificate),
        hasCsms,
        // One that has booted was connected, by a release that did not keep how that ended.
        ...(end === undefined ? boot === null && { disconnect: null } : { disconnect: disconnectOf(end) }),
      },
    };
  }
}

const disconnectOf = ({ endedAt: at, code, reason, silentMs }: PastConnection): Disconnect => ({
  ...{ at, code, reason },
  ...(silentMs !== undefined && { silentMs }),
});
