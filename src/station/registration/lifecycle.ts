/**
 * A station's registration from its making to its end: what is under way belongs to one incarnation, and ends with it in one
 * turn. Must not know OCPP or HTTP.
 */
import type { Webhook } from "../../delivery/outbox.ts";
import { sequenceFloor } from "../../fleet/registrations.ts";
import { log, messageOf } from "../../log.ts";
import { endsConnection } from "../../security/registration-change.ts";
import { storageFaultOf } from "../../storage-fault.ts";
import { inTime } from "../../time-limit.ts";
import type { CsmsLink } from "../link/csms-link.ts";
import type { Tail } from "../tail/tail.ts";
import type { Agenda } from "../object/agenda.ts";
import type { Announcements } from "./announcements.ts";
import type { Commands } from "../command/commands.ts";
import { CLOSE_REASONS } from "../connection/close-reasons.ts";
import type { Connections } from "../connection/connections.ts";
import type { StationContext } from "../object/context.ts";
import type { Operations } from "../operation/operations.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { EventLog } from "../storage/event-log.ts";
import { Farewell } from "./farewell.ts";
import { register } from "./registrar.ts";
import type { Registered, RegisterRequest, RegistrationRefusal } from "../station-rpc.ts";
import type { StoredRegistration } from "../storage/facts.ts";

/** ms the directory has to take a registration; whoever asked is told to try again. */
const DIRECTORY_WITHIN_MS = 5_000;
/** ms; [interface.md §2] a deregistration is answered within 2 s. */
const UNLISTED_WITHIN_MS = 500;
/** ms after which the alarm looks whether all is done: a crash may have cut it off, or the directory be out of reach. */
const CHECK_AFTER_MS = 60_000;

interface Parts {
  connections: Connections;
  commands: Commands;
  delivery: Delivery;
  announcements: Announcements;
  agenda: Agenda;
  link: CsmsLink;
  tail: Tail;
  operations: Operations;
}

export class Lifecycle {
  readonly #context: StationContext;
  readonly #parts: Parts;
  readonly #background: (work: Promise<void>) => void;
  readonly #farewell: Farewell;

  constructor(context: StationContext, parts: Parts, background: (work: Promise<void>) => void) {
    this.#context = context;
    this.#parts = parts;
    this.#background = background;
    this.#farewell = new Farewell(context, parts.delivery, parts.announcements, () => parts.agenda.alarmIsOver());
  }

  async register(request: RegisterRequest): Promise<Registered | RegistrationRefusal> {
    const { agenda, announcements, connections, delivery } = this.#parts;
    const changed = (before: StoredRegistration, after: StoredRegistration) => {
      if (JSON.stringify(before.labels) !== JSON.stringify(after.labels)) {
        this.#parts.link.moved(after.labels);
        this.#parts.tail.moved(after.labels);
      }
      if (this.#context.store.fact("operation") !== undefined) this.#parts.operations.registrationChanged();
      const live = connections.current()?.connection ?? null;
      if (live === null || !endsConnection(before, after, request.apply ?? null, live)) return;
      connections.disconnect(CLOSE_REASONS.registrationChanged);
      agenda.meanwhile();
    };
    try {
      const webhooks = await delivery.known();
      const floorOf = () => inTime(this.#floor(), DIRECTORY_WITHIN_MS, "the directory");
      const registered = await register(this.#context, request, { changed, floorOf }, webhooks);
      if (typeof registered === "string") return registered;
      const told = announcements.registered();
      await inTime(told, DIRECTORY_WITHIN_MS, "the directory");
      return registered;
    } catch (error) {
      // Its own storage is in trouble, which the answer is to say.
      if (storageFaultOf(error) !== null) throw error;
      log("error", "a registration could not be told", { stationId: this.#context.id, reason: messageOf(error) });
      return "no-directory";
    }
  }

  /** Ends the registration in one turn; what is left to do for it is done in the background. `false`: there is none. */
  async deregister(): Promise<boolean> {
    const { agenda, commands, connections, link, tail } = this.#parts;
    if (this.#context.store.isDamaged) {
      connections.closeAll(CLOSE_REASONS.deregistered);
      link.drop(CLOSE_REASONS.deregistered);
      tail.end(CLOSE_REASONS.deregistered);
      await this.#context.clear();
      commands.forget();
      agenda.alarmIsOver();
      return this.#abandon();
    }
    if (this.#context.incarnation === null) {
      // What was deregistered before goes by itself; without that, the storage was lost, and only the directory knows of it.
      return this.#context.hasEnded ? false : this.#abandon();
    }
    // Before the line ends, which would have what waits for its turn on it expire; those that are to be sent again wait after it.
    commands.cancelAll();
    connections.disconnect(CLOSE_REASONS.deregistered);
    link.close(CLOSE_REASONS.deregistered);
    tail.end(CLOSE_REASONS.deregistered);
    commands.cancelAll();
    const { ended, log: lastLog } = this.#context.endRegistration();
    commands.forget();
    agenda.alarmIsOver();
    const isArmed = agenda.wakeAt(this.#context.now() + CHECK_AFTER_MS);
    const { unlisted, over } = this.#farewell.begin(ended, lastLog);
    this.#background(over);
    await isArmed;
    // Mostly the list is right when this is answered.
    await inTime(unlisted, UNLISTED_WITHIN_MS, "the directory").catch(() => false);
    return true;
  }

  /** Behind all that any registration of this identity had. @throws where the directory cannot be reached */
  async #floor(): Promise<number> {
    // Its storage was lost, or an older release never told of its end: the row would pass for the new one's, and say less of its log.
    if (this.#context.furthest === null) await this.#parts.announcements.abandoned();
    return sequenceFloor(this.#context.env.DIRECTORY);
  }

  /** What cannot be read any more has no last words. */
  async #abandon(): Promise<boolean> {
    return inTime(this.#parts.announcements.abandoned(), DIRECTORY_WITHIN_MS, "the directory");
  }

  /** When the last events of earlier registrations have had their chance with a webhook. */
  turn(log: EventLog, webhook: Webhook): Promise<void> {
    return this.#farewell.turn(log, webhook, () => this.#background(this.#farewell.goOn()));
  }

  /** Called by the alarm where a registration has ended: finishes what a crash or the directory held up. */
  async goOn(): Promise<void> {
    this.#background(this.#farewell.goOn());
    await this.#parts.agenda.wakeAt(this.#context.now() + CHECK_AFTER_MS);
  }
}
