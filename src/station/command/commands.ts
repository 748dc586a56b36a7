/**
 * The commands of one station: taken, queued, sent one at a time, settled. The row is the truth; whoever waits for it
 * is told. Must not know HTTP or webhooks.
 */
import { log } from "../../log.ts";
import { type CommandFault, commandFaults } from "../../ocpp/payload-check.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Outcome } from "../../ocpp/session.ts";
import { observeCommand } from "../../ocpp/station-status.ts";
import { commandRefusal, type RegistrationStatus } from "../../ocpp/state-rules.ts";
import { err, ok, type Result } from "../../result.ts";
import type { Command } from "./command-row.ts";
import { COMMAND_QUEUE_MAX, CommandStore, QUEUED_MAX_LENGTH } from "./command-store.ts";
import { type CommandView, viewOf } from "./command-view.ts";
import type { StationContext } from "../object/context.ts";
import type { Deadline } from "../object/deadlines.ts";
import { UNKEPT, unsendable } from "./command-outcomes.ts";
import { orderedUuid } from "./ordered-uuid.ts";
import type { CommandPage, CommandRefusal, CommandRequest } from "../station-rpc.ts";

/** ms; [interface.md §2] `expiresInSeconds` is at most a week. */
const EXPIRES_MAX_MS = 604_800_000;
const QUEUE_BOUND = `${COMMAND_QUEUE_MAX} commands, or ${QUEUED_MAX_LENGTH} characters of payload,`;

/** Characters of one page: an RPC takes 32 MiB, an object has 128 MB for all it does, and a character is up to three bytes. */
const PAGE_MAX_CHARACTERS = 4_000_000;

/** The line to the station, if there is one. */
export interface Line {
  readonly protocol: Protocol;
  readonly registrationStatus: RegistrationStatus;
  readonly busy: boolean;
  send(command: Command): void;
}

export class Commands {
  readonly #context: StationContext;
  #store: CommandStore;
  readonly #line: () => Line | null;
  /** Called with each that has ended, also when a late answer settles one that had. */
  readonly #completed: (command: Command) => void;
  /** What was sent last, since the object woke. */
  #open: Command | null = null;
  #waiting: { id: string; tell: (command: CommandView) => void }[] = [];

  constructor(context: StationContext, line: () => Line | null, completed: (command: Command) => void) {
    this.#context = context;
    this.#store = new CommandStore(context.store);
    this.#line = line;
    this.#completed = completed;
  }

  submit(request: CommandRequest): Result<{ command: CommandView; isNew: boolean }, CommandRefusal> {
    const now = this.#context.now();
    const { action, payload, timeoutSeconds, expiresInSeconds, linkMessageId, linkId, actor, campaignId } = request;
    const { retry = "never", idempotency = null, secret } = request;
    const known = idempotency === null ? null : this.#store.byKey(idempotency.key, now);
    if (known !== null) {
      return known.bodyDigest === idempotency?.bodyDigest
        ? ok({ command: this.#view(known), isNew: false })
        : err({ kind: "idempotency-conflict" });
    }
    const line = this.#line();
    const faults = this.#faults(action, payload, line);
    if (faults.length > 0) return err({ kind: "invalid", faults });
    if (line === null && expiresInSeconds === 0) return err({ kind: "station-offline" });
    const refusal = line === null ? null : commandRefusal(line.registrationStatus, action);
    if (refusal !== null && expiresInSeconds === 0) return err({ kind: "not-accepted", detail: refusal });
    if (!this.#store.hasRoomFor(payload) || !this.#store.makeRoom(now)) {
      return err({ kind: "queue-full", bound: QUEUE_BOUND });
    }
    // What may not wait for a connection waits no longer for its turn on one than for its answer.
    const waitMs = (expiresInSeconds > 0 ? expiresInSeconds : timeoutSeconds) * 1000;
    const command: Command = {
      id: orderedUuid(now),
      action,
      payload,
      state: "queued",
      outcome: null,
      createdAt: now,
      sentAt: null,
      completedAt: null,
      timeoutMs: timeoutSeconds * 1000,
      expiresAt: now + waitMs,
      waitMs,
      keepOffline: expiresInSeconds > 0,
      retry,
      idempotencyKey: idempotency?.key ?? null,
      bodyDigest: idempotency?.bodyDigest ?? null,
      ...(linkMessageId !== undefined && { linkMessageId, linkId }),
      ...(actor !== undefined && { actor }),
      ...(campaignId !== undefined && { campaignId }),
      ...(secret !== undefined && { secret }),
    };
    if (line !== null && !line.busy && refusal === null && this.#store.queued().length === 0) {
      command.state = "sent";
      command.sentAt = now;
      this.#store.insert(command);
      this.#send(line, command);
      return ok({ command: this.#view(command), isNew: true });
    }
    this.#store.insert(command);
    this.sendNext();
    return ok({ command: this.#view(this.#store.read(command.id) ?? command), isNew: true });
  }

  /** Resolves once the command has ended; at once if it has. Must be asked for before anything else is done. */
  ended(command: CommandView): Promise<CommandView> {
    const { commandId: id, state } = command;
    if (state !== "queued" && state !== "sent") return Promise.resolve(command);
    return new Promise((tell) => this.#waiting.push({ id, tell }));
  }

  /** It waits for a boot, not for its turn: nobody can say how long. */
  isPostponed({ action, state }: CommandView): boolean {
    const line = this.#line();
    return state === "queued" && line !== null && commandRefusal(line.registrationStatus, action) !== null;
  }

  /** Sends what is next, if the line is free. */
  sendNext(): void {
    const line = this.#line();
    if (line === null || line.busy) return;
    const now = this.#context.now();
    this.expire();
    for (const next of this.#store.queued()) {
      if (commandRefusal(line.registrationStatus, next.action) !== null) {
        this.#postpone(next);
        continue;
      }
      // It was checked against the version the station spoke then.
      const faults = commandFaults(line.protocol, next.action, next.payload);
      if (faults.length > 0) {
        this.#end(next.id, "cancelled", unsendable(line.protocol, faults));
        continue;
      }
      this.#store.markSent(next.id, now);
      this.#send(line, { ...next, state: "sent", sentAt: now });
      return;
    }
  }

  /**
   * Ends a command that was sent; `null`: none waits for this answer.
   * @param outcome from the command's action, which an answer does not say
   */
  settle(id: string, outcome: (action: string) => Outcome): Outcome | null {
    const sent = this.#open?.id === id ? this.#open : this.#store.read(id);
    if (sent === null) return this.#unclaimed(id);
    try {
      const command = this.#store.settle(id, outcome(sent.action), this.#context.now());
      if (command === null) return this.#unclaimed(id);
      this.#complete(command);
      return command.outcome;
    } catch (error) {
      // The row says that it was sent, which is true; who waits for it would wait for ever.
      const now = this.#context.now();
      this.#tell(viewOf(this.#context.id, { ...sent, outcome: UNKEPT, state: "error", completedAt: now }));
      throw error;
    }
  }

  #unclaimed(messageId: string): null {
    log("info", "an answer to no CALL", { stationId: this.#context.id, messageId });
    return null;
  }

  /** Ends queued commands whose time is over; without a line also those that did not ask to wait for one. */
  expire(): void {
    const now = this.#context.now();
    this.#store.rebase(now);
    const offline = this.#line() === null;
    for (const { id, expiresAt, keepOffline } of this.#store.queued())
      if (expiresAt <= now || (offline && !keepOffline)) this.#end(id, "expired");
  }

  /** Or who waits for one of them would wait for ever. */
  cancelAll(): void {
    for (const { id } of this.#store.queued()) this.#end(id, "cancelled");
  }

  /** The station was deregistered: what is in memory of its commands is of no command any more. */
  forget(): void {
    this.#store = new CommandStore(this.#context.store);
    this.#open = null;
  }

  /** The connection is gone: what was sent on it has an unknown outcome, and is sent again only where that was asked for. */
  lineLost(): void {
    const now = this.#context.now();
    for (const { id, retry, keepOffline, expiresAt } of this.#store.sent()) {
      if (retry === "always" && keepOffline && expiresAt > now) this.#store.requeue(id);
      else this.settle(id, () => ({ state: "timeout" }));
    }
    this.expire();
    if (this.#line() !== null || this.#waiting.length === 0) return;
    for (const queued of this.#store.queued()) this.#postpone(queued);
  }

  cancel(id: string): "cancelled" | "not-queued" | "unknown" {
    if (this.#end(id, "cancelled")) return "cancelled";
    return this.#store.read(id) === null ? "unknown" : "not-queued";
  }

  row(id: string): Command | null {
    return this.#store.read(id);
  }

  read(id: string): CommandView | null {
    const command = this.#store.read(id);
    return command && this.#view(command);
  }

  /** Newest first: as many as were asked for, or as fit into an answer, and one at least. */
  page(before: string | null, limit: number): CommandPage {
    const commands: CommandView[] = [];
    let characters = 0;
    for (const command of this.#store.newest(before, limit + 1)) {
      const view = this.#view(command);
      characters += JSON.stringify(view).length;
      const isFull = commands.length === limit || characters > PAGE_MAX_CHARACTERS;
      if (isFull && commands.length > 0) return { commands, cursor: commands.at(-1)?.commandId ?? null };
      commands.push(view);
    }
    return { commands, cursor: null };
  }

  /** What is open of a link's CALLs: see there. */
  get ofLink(): Pick<CommandStore, "isOpenAtLink" | "isOvertakenAtLink"> {
    return this.#store;
  }

  get queued(): readonly Command[] {
    return this.#store.queued();
  }

  /** When the first of the queued ones expires. */
  get deadlines(): Deadline[] {
    const at = () =>
      this.#store
        .queued()
        .reduce<number | null>((first, { expiresAt }) => Math.min(first ?? expiresAt, expiresAt), null);
    const look = () => {
      this.sendNext();
      this.expire();
    };
    return [{ at, aheadMaxMs: EXPIRES_MAX_MS, look }];
  }

  /** Offline, by every version the station may speak: it is checked again when it is sent. */
  #faults(action: string, payload: Record<string, unknown>, line: Line | null): readonly CommandFault[] {
    const registered = this.#context.store.fact("registration")?.protocols ?? [];
    const protocols =
      line !== null ? [line.protocol] : registered.length > 0 ? registered : this.#context.config.PROTOCOLS;
    const faults = protocols.map((protocol) => commandFaults(protocol, action, payload));
    return faults.find((list) => list.length === 0) ?? faults.sort((a, b) => a.length - b.length)[0] ?? [];
  }

  #send(line: Line, command: Command): void {
    this.#open = command;
    line.send(command);
  }

  #end(id: string, state: "expired" | "cancelled", outcome: Outcome | null = null): boolean {
    const command = this.#store.end(id, state, outcome, this.#context.now());
    if (command !== null) this.#complete(command);
    return command !== null;
  }

  #complete(command: Command): void {
    const view = this.#view(command);
    const { eventLog } = this.#context;
    try {
      this.#context.emit("ocpp.command.completed", view);
      const { action, payload, outcome } = command;
      if (outcome?.state === "result") {
        eventLog.keepStatus(observeCommand(eventLog.status, action, payload, outcome.payload));
      }
    } finally {
      this.#tell(view);
      this.#completed(command);
    }
  }

  /** Or a request for it would be held open until the station comes back, or boots, or the command expires. */
  #postpone(command: Command): void {
    if (command.keepOffline && this.#waiting.length > 0) this.#tell(this.#view(command));
  }

  #tell(view: CommandView): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ id }) => id !== view.commandId);
    for (const { id, tell } of waiting) if (id === view.commandId) tell(view);
  }

  #view(command: Command): CommandView {
    return viewOf(this.#context.id, command);
  }
}
