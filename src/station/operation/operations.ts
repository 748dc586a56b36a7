/**
 * The operation of one station: begun, driven by whatever happens anyway, ended, shown. Must not know the steps, nor HTTP.
 */
import { parseJson } from "../../json.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { ok, type Result } from "../../result.ts";
import { formerOnes, withNewest, withoutNewest } from "../../security/password-succession.ts";
import { advance, type OperationEffect, type OperationEvent } from "../../security/operation/advance.ts";
import {
  currentStep,
  type Operation,
  type OperationKind,
  type OperationView,
  viewOperation,
} from "../../security/operation/operation.ts";
import type { StepCommand } from "../../security/operation/step-command.ts";
import type { Command } from "../command/command-row.ts";
import type { Commands } from "../command/commands.ts";
import type { StationContext } from "../object/context.ts";
import type { CommandRefusal, OperationRefusal, OperationRequest } from "../station-rpc.ts";
import type { StoredRegistration } from "../storage/facts.ts";
import { isOfAction } from "../storage/log-sql.ts";
import { begun } from "./beginning.ts";
import { commandEvent } from "./command-event.ts";

/** s; [2.x P4 §4.1.2] what a station has to answer one step. */
const STEP_TIMEOUT_SECONDS = 30;
/** s; [interface.md §2] the longest that a command may wait for a station. */
const COMMAND_EXPIRES_MAX_SECONDS = 604_800;
/** ms; [docs/api.md] the longest that an operation may take. */
export const OPERATION_MAX_MS = 31 * 86_400_000;

const ended = (kind: OperationKind) => `~operation:${kind}` as const;

/** The connection that is there. */
interface Live {
  protocol: Protocol;
  securityProfile: number;
}

/** As far as it is asked for here. */
interface Line {
  readonly socket: Pick<WebSocket, "readyState">;
  readonly session: { protocol: Protocol };
  readonly connection: { securityProfile: number };
}

interface OperationsPort {
  commands: Commands;
  conversation(): Line | null;
  /** The registration has changed: the directory is to know. */
  registered(): void;
}

export class Operations {
  readonly #context: StationContext;
  readonly #port: OperationsPort;

  constructor(context: StationContext, port: OperationsPort) {
    this.#context = context;
    this.#port = port;
  }

  /** `null`: the station was deregistered meanwhile. */
  async begin(request: OperationRequest): Promise<Result<OperationView, OperationRefusal> | null> {
    const { store } = this.#context;
    const made = await begun(this.#context, request, this.#live);
    if (made === null || !made.ok) return made;
    const { operation, password } = made.value;
    const registration = store.fact("registration");
    if (registration === undefined) return null;
    if (password !== null) this.#register(withNewest(registration, password));
    store.setFact("operation", operation);
    this.look();
    const view = this.read(request.kind);
    return view === "none" ? null : ok(view);
  }

  read(kind: OperationKind): OperationView | "none" {
    const running = this.#running;
    if (running?.kind === kind) return viewOperation(running);
    const text = this.#context.store.documentText(ended(kind));
    return text === undefined ? "none" : viewOperation(parseJson<Operation>(text));
  }

  cancel(kind: OperationKind): OperationView | "none" | "not-running" {
    const running = this.#running;
    if (running?.kind !== kind) return this.read(kind) === "none" ? "none" : "not-running";
    this.#apply({ kind: "cancelled", isUnsent: this.#isUnsent(running) });
    return this.read(kind);
  }

  /** Looks for what is to be done next; called wherever something of the station happens. */
  look(): void {
    this.#expire();
    this.#takeEnded();
    const running = this.#running;
    const live = this.#live;
    if (running === undefined || live === null) return;
    if (this.#isThere(running, live)) this.#connected(live);
    else if (running.command === undefined) this.#apply({ kind: "ready", protocol: live.protocol });
  }

  /** The station has connected, and is behind its own first word. */
  connected(): void {
    this.#takeEnded();
    const live = this.#live;
    if (live !== null) this.#connected(live);
    this.look();
  }

  /** A command has ended, be it its own or another one. */
  completed(command: Command): void {
    const event = commandEvent(command, this.#running);
    if (event !== null) this.#apply(event);
  }

  /** A PUT may have set another password. */
  registrationChanged(): void {
    const running = this.#running;
    if (running?.password === undefined || this.#isOwn(running)) return;
    this.#apply({ kind: "replaced" });
  }

  get #live(): Live | null {
    const line = this.#port.conversation();
    if (line === null || line.socket.readyState !== WebSocket.OPEN) return null;
    return { protocol: line.session.protocol, securityProfile: line.connection.securityProfile };
  }

  get #running(): Operation | undefined {
    return this.#context.store.fact("operation");
  }

  #expire(): void {
    const running = this.#running;
    if (running === undefined || running.expiresAt > this.#context.now()) return;
    this.#apply({ kind: "expired", isUnsent: this.#isUnsent(running) });
  }

  /** The row of its command is the truth, should its end not have been told. */
  #takeEnded(): void {
    const running = this.#running;
    if (running?.command === undefined) return;
    const command = this.#port.commands.row(running.command);
    const event = command === null ? lost(running.command) : commandEvent(command, running);
    if (event !== null) this.#apply(event);
  }

  #connected({ protocol, securityProfile }: Live): void {
    const running = this.#running;
    if (running === undefined) return;
    const provedPassword = this.#isThere(running, { protocol, securityProfile });
    const hasRequested =
      currentStep(running)?.name !== "receive-certificate" || hasRequestedCertificate(this.#context, running.startedAt);
    this.#apply({ kind: "connected", protocol, securityProfile, provedPassword, hasRequested });
  }

  #isThere(running: Operation, { securityProfile }: Live): boolean {
    if (running.kind === "security-upgrade") return securityProfile >= (running.to ?? 0);
    const registration = this.#context.store.fact("registration");
    return registration !== undefined && this.#isOwn(running) && formerOnes(registration).length === 0;
  }

  #isOwn({ password }: Operation): boolean {
    return this.#context.store.fact("registration")?.password?.hash === password?.hash;
  }

  #isUnsent({ command }: Operation): boolean {
    const row = command === undefined ? null : this.#port.commands.row(command);
    return row?.state === "queued" && row.sentAt === null;
  }

  #apply(event: OperationEvent): void {
    const running = this.#running;
    if (running === undefined) return;
    const { operation, effects } = advance(running, event, this.#context.now());
    const own = effects.find((effect) => effect.kind === "send" && effect.isOurs);
    if (own?.kind === "send") this.#ask(running, operation, own.command);
    else {
      if (operation !== running) this.#keep(operation);
      for (const effect of effects) this.#do(effect, operation);
    }
  }

  #ask(before: Operation, operation: Operation, command: StepCommand): void {
    const submitted = this.#send(operation, command, Math.max(1, operation.expiresAt - this.#context.now()));
    if (submitted.ok) {
      const { commandId } = submitted.value.command;
      this.#keep({ ...operation, command: commandId });
      // It may not be valid in this version, and have ended at once.
      this.#takeEnded();
    } else if (submitted.error.kind !== "queue-full") {
      this.#keep({ ...before, command: "" });
      this.#apply({ kind: "refused", command: "", reason: refusalText(submitted.error) });
    }
    // Where the queue is full, the next look finds room, or none again.
  }

  #send({ actor }: Operation, command: StepCommand, forMs: number) {
    return this.#port.commands.submit({
      ...command,
      timeoutSeconds: STEP_TIMEOUT_SECONDS,
      expiresInSeconds: Math.min(Math.ceil(forMs / 1000), COMMAND_EXPIRES_MAX_SECONDS),
      ...(actor !== undefined && { actor }),
    });
  }

  /** Before anything is done that tells of it. */
  #keep(operation: Operation): void {
    const { store } = this.#context;
    if (operation.state === "running") {
      store.setFact("operation", operation);
      return;
    }
    store.dropFact("operation");
    store.setDocument(ended(operation.kind), operation);
    const { kind, to, state, error } = operation;
    const told = { operation: kind, ...(to !== undefined && { to }), state, ...(error !== undefined && { error }) };
    this.#context.emit("ocpp.security", { kind: "operation-ended", ...told, suppressedBefore: 0 });
  }

  #do(effect: OperationEffect, operation: Operation): void {
    const registration = this.#context.store.fact("registration");
    switch (effect.kind) {
      case "send":
        this.#send(operation, effect.command, COMMAND_EXPIRES_MAX_SECONDS * 1000);
        return;
      case "cancel":
        this.#port.commands.cancel(effect.command);
        return;
      case "drop-password":
        if (registration !== undefined) this.#register(withoutNewest(registration));
        return;
      case "raise":
        if (registration === undefined || registration.securityProfile >= effect.to) return;
        this.#register({ ...registration, securityProfile: effect.to });
        this.#port.registered();
    }
  }

  #register(registration: StoredRegistration): void {
    this.#context.store.setFact("registration", { ...registration, revision: (registration.revision ?? 0) + 1 });
  }
}

/** Of the calls that the log still has. */
const hasRequestedCertificate = ({ store }: StationContext, since: number): boolean =>
  store.run(
    `SELECT 1 FROM log WHERE at >= ?1 AND ${isOfAction("'SignCertificate'")} AND data ->> '$.answer.status' = 'Accepted' LIMIT 1`,
    since,
  ).length > 0;

const lost = (command: string): OperationEvent => ({
  ...{ kind: "unknown", command },
  reason: "what became of its command is not known any more",
});

const refusalText = (refusal: CommandRefusal): string =>
  refusal.kind === "invalid"
    ? `it is not valid: ${refusal.faults.map(({ path, message }) => `${path} ${message}`).join("; ")}`
    : `it was not sent: ${refusal.kind}`;
