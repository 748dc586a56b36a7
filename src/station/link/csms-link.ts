/**
 * The CSMS's own socket: whose it is, what it is told of the station's standing, its CALLs as commands. It hibernates with the object,
 * so nothing here waits in memory for an answer. Must not know the station's socket, nor how commands are kept.
 */
import { waitingFor } from "../../delivery/backlog.ts";
import { log, messageOf } from "../../log.ts";
import { answeredIdOf, decode } from "../../ocpp/decode.ts";
import { LINK_PROTOCOL } from "../../ocpp/link-protocol.ts";
import type { Message } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { CheckedCall } from "../../ocpp/session.ts";
import type { Agenda, Sink } from "../object/agenda.ts";
import type { StationContext } from "../object/context.ts";
import { type Bound, isOutside, type Labels } from "../object/bound-labels.ts";
import type { Deadline } from "../object/deadlines.ts";
import { LINK_TAG } from "../object/socket-tags.ts";
import { closeSocket } from "../connection/attachment.ts";
import { CLOSE_REASONS, type CloseReason } from "../connection/close-reasons.ts";
import { FrameGate } from "../connection/frame-gate.ts";
import { isLinked, LINK } from "../delivery/sinks.ts";
import { type LinkAttachment, leftLink, writeLink } from "./link-attachment.ts";
import type { LinkPort } from "./link-port.ts";
import { LinkTurn } from "./link-turn.ts";

interface Live extends LinkAttachment {
  socket: WebSocket;
  gate: FrameGate;
}

export class CsmsLink implements Sink {
  readonly #context: StationContext;
  readonly #sockets: DurableObjectState;
  readonly #agenda: Agenda;
  readonly #port: LinkPort;
  /** `undefined`: not looked for since the object woke. */
  #live: Live | null | undefined = undefined;
  readonly #turn: LinkTurn;

  constructor(context: StationContext, sockets: DurableObjectState, agenda: Agenda, port: LinkPort) {
    this.#context = context;
    this.#sockets = sockets;
    this.#agenda = agenda;
    this.#port = port;
    const carrier = { get: () => this.#current(), save: () => this.#save(), send: (frame: string) => this.send(frame) };
    this.#turn = new LinkTurn(context, agenda, carrier, (question, answer) => port.answered(question, answer));
  }

  accept(bound: Bound): Response {
    const registration = this.#context.store.fact("registration");
    // It may have been moved since the directory was asked.
    if (registration === undefined || isOutside(bound, registration.labels)) return new Response(null, { status: 404 });
    this.close(CLOSE_REASONS.superseded);
    const { 0: client, 1: socket } = new WebSocketPair();
    this.#sockets.acceptWebSocket(socket, [LINK_TAG]);
    const now = this.#context.now();
    const question = this.#turn.questions.current;
    const attachment: LinkAttachment = { id: crypto.randomUUID(), since: now, told: "", open: null, ...bound };
    this.#live = { ...attachment, socket, gate: new FrameGate(undefined, now) };
    this.#save();
    if (this.#context.store.fact("linked") === undefined) this.#context.store.setFact("linked", { since: now });
    if (isLinked(this.#context)) this.#context.eventLog.join(LINK);
    // What the one before was asked and did not answer is asked again.
    if (question !== null) this.#turn.questions.keep(question);
    log("info", "a CSMS has connected", { stationId: this.#context.id, linkId: attachment.id });
    this.tell();
    this.#turn.goOn();
    return new Response(null, { status: 101, webSocket: client, headers: { "Sec-WebSocket-Protocol": LINK_PROTOCOL } });
  }

  get isLive(): boolean {
    return this.#current() !== null;
  }

  /** `null`: there is no link. */
  get linkId(): string | null {
    return this.#current()?.id ?? null;
  }

  /** As the station's view has it. */
  get view(): { since: number | null; backlog: number } {
    const cursor = this.#context.eventLog.cursorOf(LINK);
    const backlog = cursor === undefined ? 0 : waitingFor(cursor, this.#context.eventLog.head);
    return { since: this.#current()?.since ?? null, backlog };
  }

  /** Tells how the station stands, if that is not what was told last. */
  tell(): void {
    const live = this.#current();
    if (live === null) return;
    const told = this.#port.standing();
    if (live.told === told) return;
    live.told = told;
    this.#save();
    this.send(told);
  }

  /** Ends it where the station belongs to its key no more. */
  moved(labels: Labels): void {
    const live = this.#current();
    if (live !== null && isOutside(live, labels)) this.close(CLOSE_REASONS.outOfReach);
  }

  /** Ends it from this side. */
  close({ code, reason }: CloseReason): void {
    const live = this.#current();
    if (live === null) return;
    this.#gone(live, code, reason);
    closeSocket(live.socket, code, reason);
  }

  /** Without a word to the storage, which cannot be read. */
  drop({ code, reason }: CloseReason): void {
    this.#live = null;
    for (const socket of this.#sockets.getWebSockets(LINK_TAG)) closeSocket(socket, code, reason);
  }

  closed(socket: WebSocket, code: number, reason: string): void {
    const live = this.#current();
    closeSocket(socket, code, reason);
    if (live?.socket === socket) this.#gone(live, code, reason || "closed by the CSMS");
  }

  #gone(live: Live, code: number, reason: string): void {
    // What it was asked waits for the next one, until its time is over.
    const question = this.#turn.questions.current;
    this.#live = null;
    live.socket.serializeAttachment(null);
    if (question !== null) this.#turn.questions.keep(question);
    log("info", "a CSMS has gone", { stationId: this.#context.id, linkId: live.id, code, reason });
  }

  // What it is told: see there

  /** Asks for the answer to a station's CALL, which comes by `answered`. */
  ask(call: CheckedCall, protocol: Protocol, connectionId: string): void {
    this.#turn.ask(call, protocol, connectionId);
  }

  get deadlines(): Deadline[] {
    return [this.#turn.deadline];
  }

  /** Of the station's connection: the CALL for whose answer it waits. */
  questionOf(connectionId: string): CheckedCall | null {
    const { current } = this.#turn.questions;
    return current?.connectionId === connectionId ? current.call : null;
  }

  get hasWork(): boolean {
    return this.#turn.hasWork;
  }

  get retryAt(): null {
    return null;
  }

  async drain(): Promise<void> {
    this.#turn.goOn();
  }

  // From the CSMS

  receive(socket: WebSocket, frame: string | ArrayBuffer): void {
    const live = this.#current();
    if (live?.socket !== socket) return;
    // Of what it was asked for there may be thousands, one after the other, when it comes back. All else is not even decoded.
    const isAsked = live.open !== null && typeof frame === "string" && answeredIdOf(frame) === live.open.messageId;
    if (!isAsked && !this.#hasRoomFor(live, frame)) return;
    const decoded = decode(this.#port.protocol(), frame);
    if (!decoded.ok) {
      if (isAsked && !this.#hasRoomFor(live, frame)) return;
      const { reason, answer } = decoded.error;
      log("warn", "a frame of the CSMS could not be used", { stationId: this.#context.id, reason });
      if (answer !== null) this.send(answer);
      return;
    }
    this.#take(decoded.value, frame as string);
  }

  /** Ends the link if not. */
  #hasRoomFor(live: Live, frame: string | ArrayBuffer): boolean {
    if (live.gate.take(frame, this.#context.now()) === "take") return true;
    this.close(CLOSE_REASONS.tooManyMessages);
    return false;
  }

  #take(message: Message, frame: string): void {
    switch (message.type) {
      case "call": {
        const refusal = this.#port.command(message);
        if (refusal !== null) this.send(refusal);
        return;
      }
      case "send":
      case "callResultError":
        this.#port.pass(frame);
        return;
      case "callResult":
      case "callError":
        this.#turn.answered(message);
    }
  }

  /** One that is closing takes nothing more: the next one is told. It must not cost the station its turn. */
  send(frame: string): void {
    try {
      this.#current()?.socket.send(frame);
    } catch (error) {
      log("info", "a frame found the link closed", { stationId: this.#context.id, reason: messageOf(error) });
    }
  }

  #save(): void {
    if (!this.#live) return;
    const { socket, gate: _, ...attachment } = this.#live;
    writeLink(socket, attachment);
  }

  #current(): Live | null {
    if (this.#live !== undefined) return this.#live;
    const left = leftLink(this.#sockets);
    this.#live = left && { ...left, gate: new FrameGate(undefined, this.#context.now()) };
    // Who timed it is gone with the object that was here before.
    if (left !== null && (left.question ?? left.open ?? left.passed) != null) this.#agenda.changed();
    return this.#live;
  }
}
