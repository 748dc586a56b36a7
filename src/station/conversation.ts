/**
 * One socket and its session: frames in, effects out. Must not know registrations, webhooks or HTTP.
 */
import type { CallData } from "../delivery/event.ts";
import { log } from "../log.ts";
import type { Call } from "../ocpp/message.ts";
import { encodeFault } from "../ocpp/message.ts";
import {
  type Answer,
  type AnsweredBy,
  type Effect,
  type CheckedCall,
  durableSession,
  encodeResultFault,
  type Input,
  judgeResult,
  type Outcome,
  type Session,
  step,
  wakeSession,
} from "../ocpp/session.ts";
import type { Decision } from "./answerer.ts";
import { type Attachment, writeAttachment } from "./attachment.ts";
import type { StationContext } from "./context.ts";
import type { SecurityKind } from "./security-reports.ts";
import type { ConnectionFacts } from "./store.ts";

/** What a conversation asks of the object around it. */
export interface ConversationPort {
  ask(call: Call, session: Session): Promise<Decision>;
  /** Ends a command; `null`: no command waits for this answer. */
  settle(messageId: string, outcome: (action: string) => Outcome): Outcome | null;
  reportSecurity(kind: SecurityKind, details: Record<string, unknown>): void;
  bootAcknowledged(): void;
}

export class Conversation {
  readonly connection: ConnectionFacts;
  readonly #socket: WebSocket;
  readonly #context: StationContext;
  readonly #port: ConversationPort;
  #session: Session;
  #lastMessageAt: number;
  #ended = false;

  constructor(socket: WebSocket, attachment: Attachment, context: StationContext, port: ConversationPort) {
    this.#socket = socket;
    this.connection = attachment.connection;
    this.#session = wakeSession(attachment.session);
    this.#lastMessageAt = attachment.lastMessageAt;
    this.#context = context;
    this.#port = port;
  }

  get socket(): WebSocket {
    return this.#socket;
  }
  get session(): Session {
    return this.#session;
  }
  get lastMessageAt(): number {
    return this.#lastMessageAt;
  }

  /** After it nothing is sent, kept or settled for this socket: a newer one may be there. */
  end(): void {
    this.#ended = true;
  }

  async receive(frame: string | ArrayBuffer): Promise<void> {
    this.#lastMessageAt = this.#context.now();
    await this.#run({ kind: "frame", frame });
  }

  async command(command: Input & { kind: "command" }): Promise<void> {
    await this.#run(command);
  }

  /** Ends the open CALL if its deadline is over. */
  async tick(): Promise<void> {
    await this.#run({ kind: "tick" });
  }

  #save(): void {
    writeAttachment(this.#socket, this.connection, durableSession(this.#session), this.#lastMessageAt);
  }

  async #run(input: Input): Promise<void> {
    const { config, now } = this.#context;
    const { session, effects } = step(this.#session, input, { bootRetrySeconds: config.BOOT_RETRY_SECONDS }, now());
    this.#session = session;
    for (const effect of effects) await this.#apply(effect);
    if (!this.#ended) this.#save();
  }

  async #apply(effect: Effect): Promise<void> {
    if (this.#ended) return;
    switch (effect.kind) {
      case "send":
        return this.#send(effect.frame);
      case "settle":
        this.#port.settle(effect.messageId, () => effect.outcome);
        return;
      case "judge":
        return this.#judge(effect.messageId, effect.payload);
      case "malformed":
        return this.#port.reportSecurity("malformed-frame", { reason: effect.reason, messageId: effect.messageId });
      case "keep":
        if (this.#context.eventLog.hasRoomFor(effect.call.action)) this.#keep(effect.call, null, "edge");
        return;
      case "ask": {
        const room = this.#context.eventLog.hasRoomFor(effect.call.action);
        const nobody: Decision = { answer: null, answeredBy: "edge" };
        const decision = room ? await this.#port.ask(effect.call, this.#session) : nobody;
        return this.#run({ kind: "answer", call: effect.call, ...decision });
      }
      case "acknowledge":
        return this.#acknowledge(effect);
    }
  }

  #judge(messageId: string, payload: unknown): void {
    const { protocol, strictness } = this.#session;
    const outcome = this.#port.settle(messageId, (action) => judgeResult(protocol, strictness, action, payload));
    const frame = outcome && encodeResultFault(protocol, messageId, outcome);
    if (frame !== null) this.#send(frame);
  }

  /** Append before acknowledge: the platform holds the frame back until the row is durable. */
  #acknowledge({ call, answer, answeredBy, frame }: Effect & { kind: "acknowledge" }): void {
    // A Heartbeat says nothing that a backend would miss, and costs no row.
    if (call.action !== "Heartbeat") {
      if (!this.#context.eventLog.hasRoomFor(call.action)) {
        const description = `${this.#context.eventLog.backlog} events are undelivered; try again later`;
        this.#send(encodeFault(this.#session.protocol, call.messageId, "internal", description));
        return;
      }
      this.#keep(call, answer, answeredBy);
      if (call.action === "BootNotification") this.#port.bootAcknowledged();
    }
    this.#send(frame);
  }

  #keep(call: CheckedCall, answer: Answer | null, answeredBy: AnsweredBy): void {
    const { messageId, action, payload, deviations } = call;
    const said = answer === null || "error" in answer ? answer : answer.payload;
    const { protocol } = this.#session;
    this.#context.emit("ocpp.call", {
      protocol,
      messageId,
      action,
      payload,
      answer: said,
      answeredBy,
      ...(deviations.length > 0 && { deviations }),
    } satisfies CallData);
  }

  #send(frame: string): void {
    try {
      this.#socket.send(frame);
    } catch (error) {
      // The socket closed meanwhile; the station will ask again on its next one.
      log("info", "a frame found its socket closed", { stationId: this.#context.id, reason: String(error) });
    }
  }
}
