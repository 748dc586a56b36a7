/**
 * One socket and its session: frames in, effects out. Must not know registrations, webhooks or HTTP.
 */
import { log } from "../../log.ts";
import { encodeResultFault, judgeResult } from "../../ocpp/call-result.ts";
import { type Line, PROBE_TIMEOUT_MS } from "../../ocpp/presence.ts";
import { encodeFault } from "../../ocpp/message.ts";
import {
  type Effect,
  type CheckedCall,
  durableSession,
  type Input,
  type Session,
  step,
  wakeSession,
} from "../../ocpp/session.ts";
import type { Agenda } from "../object/agenda.ts";
import { ATTACHMENT_VERSION, type Attachment, type VersionedAttachment } from "./attachment-format.ts";
import type { StationContext } from "../object/context.ts";
import type { Acknowledged } from "../storage/carried-acknowledgements.ts";
import type { Decision } from "./answerer.ts";
import type { ConversationPort } from "./connection-ports.ts";
import { BOUNDS, FrameGate, warningOf } from "./frame-gate.ts";
import { KeptCalls } from "./kept-calls.ts";
import type { ConnectionFacts } from "../storage/facts.ts";

export class Conversation {
  readonly connection: ConnectionFacts;
  readonly gate: FrameGate;
  readonly socket: WebSocket;
  readonly #context: StationContext;
  readonly #agenda: Agenda;
  readonly #port: ConversationPort;
  readonly #kept: KeptCalls;
  #session: Session;
  lastMessageAt: number;
  #presenceCheckedAt: number;
  #acknowledged: Acknowledged;
  isUnwatched: boolean;
  #ended = false;

  constructor(
    socket: WebSocket,
    attachment: Attachment,
    context: StationContext,
    agenda: Agenda,
    port: ConversationPort,
  ) {
    this.socket = socket;
    this.connection = attachment.connection;
    this.#session = wakeSession(attachment.session);
    this.lastMessageAt = attachment.lastMessageAt;
    this.#presenceCheckedAt = attachment.presenceCheckedAt;
    this.#acknowledged = attachment.acknowledged ?? {};
    this.isUnwatched = attachment.unwatched ?? false;
    this.gate = new FrameGate(attachment.rate, context.now());
    this.#context = context;
    this.#agenda = agenda;
    this.#port = port;
    this.#kept = new KeptCalls(context);
    if (attachment.watch !== undefined) port.watched(attachment.watch);
    context.counts.resume(this.connection, attachment.counts);
  }

  get session(): Session {
    return this.#session;
  }
  silence(now: number): { silentMs: number } {
    return { silentMs: now - this.lastMessageAt };
  }
  get line(): Line {
    const { openCall } = this.#session;
    const { since } = this.connection;
    return { since, lastMessageAt: this.lastMessageAt, presenceCheckedAt: this.#presenceCheckedAt, openCall };
  }
  get acknowledged(): Acknowledged {
    return this.#acknowledged;
  }

  /** `false`: nothing is kept for this socket any more. */
  carry(acknowledged: Acknowledged): boolean {
    if (this.#ended) return false;
    this.#acknowledged = acknowledged;
    this.save();
    return true;
  }

  foundAlive(): void {
    // Were the clock set back, the last message would lie ahead.
    this.lastMessageAt = Math.min(this.lastMessageAt, this.#context.now());
    this.#presenceCheckedAt = this.lastMessageAt;
    this.save();
  }

  /** Asks for what every station answers: a refusal is an answer too, and any frame will do. */
  async probe(): Promise<void> {
    const requestedMessage = { action: "TriggerMessage", payload: { requestedMessage: "Heartbeat" } };
    const messageId = crypto.randomUUID();
    await this.#run({ kind: "command", messageId, ...requestedMessage, timeoutMs: PROBE_TIMEOUT_MS, probe: true });
  }

  /** After it nothing is sent, kept or settled for this socket: a newer one may be there. */
  end(): void {
    this.#ended = true;
  }

  async receive(frame: string | ArrayBuffer): Promise<void> {
    this.lastMessageAt = this.#context.now();
    this.#context.watch?.frame("in", frame);
    this.#watch();
    if (this.#session.openCall?.probe === true) this.#presenceCheckedAt = this.lastMessageAt;
    const verdict = this.gate.take(frame, this.lastMessageAt);
    if (verdict === "take") await this.#run({ kind: "frame", frame });
    else if (verdict === "warn") this.#warn(frame);
    else this.#port.tooManyFrames();
  }

  #warn(frame: string | ArrayBuffer): void {
    this.#port.reportSecurity("too-many-frames", BOUNDS);
    const warning = warningOf(frame, this.#session.protocol);
    if (warning !== null) this.pass(warning);
  }

  async command(command: Input & { kind: "command" }): Promise<void> {
    this.#watch();
    await this.#run(command);
  }

  /** Ends the open CALL if its deadline is over. */
  async tick(): Promise<void> {
    await this.#run({ kind: "tick" });
  }

  #watch(): void {
    if (!this.isUnwatched) return;
    this.isUnwatched = false;
    // From now on an alarm looks for the connection.
    this.#agenda.changed();
  }

  /** Nothing is written for a socket that has ended: it is nobody's. */
  save(): void {
    if (this.#ended) return;
    // One object, made at once: this is done for every frame.
    const attachment: VersionedAttachment = {
      version: ATTACHMENT_VERSION,
      connection: this.connection,
      session: durableSession(this.#session),
      lastMessageAt: this.lastMessageAt,
      presenceCheckedAt: this.#presenceCheckedAt,
      acknowledged: this.#acknowledged,
      unwatched: this.isUnwatched,
    };
    const rate = this.gate.kept;
    if (rate !== undefined) attachment.rate = rate;
    if (this.#session.asking !== null) attachment.asks = true;
    if (this.#context.watch !== null) attachment.watch = this.#context.watch.kept;
    const { carried } = this.#context.counts;
    if (carried !== null) attachment.counts = carried;
    this.socket.serializeAttachment(attachment);
  }

  async #run(input: Input): Promise<void> {
    const { config, now } = this.#context;
    const { session, effects } = step(this.#session, input, { bootRetrySeconds: config.BOOT_RETRY_SECONDS }, now());
    this.#session = session;
    const failures: unknown[] = [];
    for (const effect of effects) {
      // One that fails must not take those behind it along: a CALL that is never asked for would hold up the rest for ever.
      try {
        await this.#apply(effect);
      } catch (error) {
        failures.push(error);
      }
    }
    // A CALL whose row failed was not kept: its repetition must not pass for one of an acknowledged CALL.
    if (failures.length > 0) this.#session = { ...this.#session, lastAnswered: null };
    this.save();
    if (failures.length > 0) throw failures[0];
  }

  async #apply(effect: Effect): Promise<void> {
    if (this.#ended) return;
    switch (effect.kind) {
      case "send":
        return this.#send(effect.frame);
      case "settle":
        this.#port.settle(effect.messageId, () => effect.outcome);
        return;
      case "free":
        return this.#port.lineFree();
      case "judge":
        return this.#judge(effect);
      case "malformed": {
        const { kind: _, ...fault } = effect;
        return this.#port.reportSecurity("malformed-frame", fault);
      }
      case "refuse":
        try {
          return this.#port.reportRefused(this.#session.protocol, effect.refused);
        } finally {
          this.#send(effect.frame);
        }
      case "keep":
        if (this.#context.refusal(effect.call.action) === null)
          this.#kept.keep(this.#session.protocol, effect.call, null, "edge");
        return;
      case "ask":
        return this.#ask(effect.call);
      case "acknowledge":
        return this.#acknowledge(effect);
    }
  }

  async #ask(call: CheckedCall): Promise<void> {
    const { incarnation } = this.#context;
    const { protocol } = this.#session;
    const decision =
      this.#kept.decided(protocol, call) ?? (await this.#port.ask(call, this.#session, this.connection.id));
    if (decision === "later") return;
    if (!this.#ended) return this.#run({ kind: "answer", call, ...decision });
    if (this.#context.incarnation === incarnation) this.#kept.keepUnsaid(this.#session.protocol, call, decision);
  }

  /** The answer to a CALL for which `later` was said, maybe before the object slept. */
  answered(call: CheckedCall, decision: Decision): Promise<void> {
    this.asks(call);
    return this.#run({ kind: "answer", call, ...decision });
  }

  /** That CALL is with the CSMS: those behind it wait. */
  asks(call: CheckedCall): void {
    this.#session = { ...this.#session, asking: this.#session.asking ?? call };
  }

  /** A frame that nobody answers. */
  pass(frame: string): void {
    this.#send(frame);
    this.save();
  }

  #judge({ messageId, result }: Effect & { kind: "judge" }): void {
    const { protocol, strictness } = this.#session;
    const outcome = this.#port.settle(messageId, (action) => judgeResult(protocol, strictness, action, result));
    const frame = outcome && encodeResultFault(protocol, messageId, outcome);
    if (frame !== null) this.#send(frame);
  }

  /** Append before acknowledge: the platform holds the frame back until the row is durable. */
  #acknowledge({ call, answer, answeredBy, frame }: Effect & { kind: "acknowledge" }): void {
    // A Heartbeat says nothing that a backend would miss, and costs no row.
    if (call.action === "Heartbeat") this.connection.heartbeats = (this.connection.heartbeats ?? 0) + 1;
    else if (this.#kept.earlierAnswer(call) === null) {
      const refusal = this.#context.refusal(call.action);
      if (refusal !== null) {
        // Not kept, so not answered: its repetition must not pass for one of an acknowledged CALL.
        this.#session = { ...this.#session, lastAnswered: null };
        this.#send(encodeFault(this.#session.protocol, call.messageId, "internal", refusal));
        return;
      }
      try {
        this.#kept.keep(this.#session.protocol, call, answer, answeredBy);
      } catch (error) {
        // Or the station would wait for an answer until its own time is over.
        const { protocol } = this.#session;
        this.#send(encodeFault(protocol, call.messageId, "internal", "the message could not be kept; try again later"));
        throw error;
      }
      if (call.action === "BootNotification") this.#port.bootAcknowledged();
    }
    this.#send(frame);
    // Behind the answer: what waited for this boot may be sent now, and nothing else would send it.
    if (call.action === "BootNotification") this.#port.lineFree();
  }

  #send(frame: string): void {
    try {
      this.socket.send(frame);
      this.#context.watch?.frame("out", frame);
      this.#context.counts.sent(frame);
    } catch (error) {
      // The socket closed meanwhile; the station will ask again on its next one.
      log("info", "a frame found its socket closed", { stationId: this.#context.id, reason: String(error) });
    }
  }
}
