/**
 * Who watches a station: each frame and each connection as it comes, on sockets that sleep with the object. What the station says is
 * only copied: nothing here may hold it up. Must not know OCPP, nor what a frame is for.
 */
import type { EventType } from "../../delivery/event.ts";
import { log, messageOf } from "../../log.ts";
import { CLOSE_REASONS, type CloseReason } from "../connection/close-reasons.ts";
import type { Conversation } from "../connection/conversation.ts";
import { LIVE_PROTOCOL } from "../../ocpp/live-protocol.ts";
import { closeSocket } from "../connection/attachment.ts";
import { lengthOf } from "../connection/frame-gate.ts";
import type { StationContext } from "../object/context.ts";
import { isOutside, type Labels } from "../object/bound-labels.ts";
import type { FrameWatch } from "../object/frame-watch.ts";
import { LIVE_TAG } from "../object/socket-tags.ts";
import { KeptFrames } from "./kept-frames.ts";
import { cursorText, readCursor } from "./live-cursor.ts";
import { eventMessage, frameMessage, liveMessage } from "./live-message.ts";
import type { LiveRequest } from "./live-request.ts";
import { Observer } from "./observer.ts";
import { replay } from "./replay.ts";

/** [interface.md §2] Observers of one station at once. */
export const OBSERVERS_MAX = 5;
/** ms that frames are kept for an observer that went: as long as it takes to come back. */
const KEEP_MS = 120_000;

/** ms that a frame may wait to be told together with the next: no eye sees it. A lone CALL's frames are told in its own turn. */
const TOGETHER_MS = 50;
/** Frames that may wait so, and characters of one that does not. */
const TOGETHER_MAX = 128;
const LARGE_LENGTH = 20_000;

/** What is told, for an observer that sees secrets or for one that does not. */
type Told = (isMasked: boolean) => string;

export class Tail implements FrameWatch {
  readonly #context: StationContext;
  readonly #sockets: DurableObjectState;
  /** The station's own line, which carries what is kept. */
  readonly #line: () => Conversation | null;
  #kept: KeptFrames | null = null;
  #observers: Observer[] | null = null;
  /** Not sent yet. */
  readonly #told: Told[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** ms since the epoch */
  #flushedAt = 0;
  /** The answer to a CALL that is in the log since this very turn. */
  #answer: { messageId: string; sequence: number } | null = null;

  constructor(context: StationContext, sockets: DurableObjectState, line: () => Conversation | null) {
    this.#context = context;
    this.#sockets = sockets;
    this.#line = line;
  }

  // Observers

  accept({ after, isMasked, ...bound }: LiveRequest): Response {
    const registration = this.#context.store.fact("registration");
    // It may have been moved since the directory was asked.
    if (registration === undefined || isOutside(bound, registration.labels)) return new Response(null, { status: 404 });
    const cursor = after === undefined ? null : readCursor(after);
    if (after !== undefined && cursor === null) return new Response(null, { status: 400 });
    this.wake();
    if (this.#all.length >= OBSERVERS_MAX) return new Response(null, { status: 429 });
    const kept = this.#kept ?? KeptFrames.begin(crypto.randomUUID().slice(0, 8));
    kept.leftAt = 0;
    this.#kept = kept;
    this.#context.watch = this;
    const { 0: client, 1: socket } = new WebSocketPair();
    this.#sockets.acceptWebSocket(socket, [LIVE_TAG]);
    const observer = Observer.begin(socket, { isMasked, ...bound, kept: kept.text });
    const { id, eventLog } = this.#context;
    const missed = cursor === null ? [] : replay(this.#context, kept, cursor, isMasked);
    const { connection } = this.#line() ?? { connection: null };
    const live = { online: connection !== null, heartbeats: connection?.heartbeats ?? 0 };
    const now = liveMessage(cursorText(eventLog.head, kept.epoch, kept.last), live);
    // What others have yet to be told is among what it missed.
    this.#flush();
    observer.send(`[${[...missed, now].join()}]`, id);
    this.#all.push(observer);
    this.#carry();
    log("info", "an observer has come", { stationId: id, observerId: observer.id });
    return new Response(null, { status: 101, webSocket: client, headers: { "Sec-WebSocket-Protocol": LIVE_PROTOCOL } });
  }

  /** What it says is not read. */
  receive(socket: WebSocket, frame: string | ArrayBuffer): void {
    const observer = this.#all.find((each) => each.socket === socket);
    if (observer?.isTooLoud(frame, this.#context.now()) !== true) return;
    observer.close(CLOSE_REASONS.tooManyMessages);
    this.#gone(observer);
  }

  closed(socket: WebSocket, code: number, reason: string): void {
    closeSocket(socket, code, reason);
    const observer = this.#all.find((each) => each.socket === socket);
    if (observer === undefined) return;
    socket.serializeAttachment(null);
    this.#gone(observer);
  }

  #gone(observer: Observer): void {
    this.wake();
    this.#observers = this.#all.filter((each) => each !== observer);
    log("info", "an observer has gone", { stationId: this.#context.id, observerId: observer.id });
    if (this.#kept === null || this.#all.length > 0) return;
    this.#kept.leftAt = this.#context.now();
    this.#carry();
  }

  /** Ends those whose key the station belongs to no more. */
  moved(labels: Labels): void {
    if (!this.#all.some(({ bound }) => isOutside(bound, labels))) return;
    // It was theirs until now.
    this.#flush();
    for (const observer of this.#all.filter(({ bound }) => isOutside(bound, labels))) {
      observer.close(CLOSE_REASONS.outOfReach);
      this.#gone(observer);
    }
  }

  /** Ends all of it: the registration has ended. */
  end({ code, reason }: CloseReason): void {
    this.#flush();
    this.#forget();
    for (const socket of this.#sockets.getWebSockets(LIVE_TAG)) {
      socket.serializeAttachment(null);
      closeSocket(socket, code, reason);
    }
    this.#observers = [];
  }

  /** Those that there were when the object slept. */
  get #all(): Observer[] {
    this.#observers ??= this.#sockets.getWebSockets(LIVE_TAG).flatMap((socket) => Observer.left(socket) ?? []);
    return this.#observers;
  }

  // What is kept, through a sleep and a reconnect

  /** Goes on from what rode with the station's socket or, where that is gone, with the observers'. */
  wake(): void {
    if (this.#context.watch !== null) return;
    // It brings what rode with it.
    if (this.#line() !== null && this.#kept !== null) return;
    if (this.#all.length === 0) return;
    const left = this.#all.flatMap(({ kept }) => KeptFrames.read(kept) ?? []).sort((a, b) => b.last - a.last);
    this.#kept = left[0] ?? KeptFrames.begin(crypto.randomUUID().slice(0, 8));
    this.#context.watch = this;
  }

  woken(text: string): void {
    if (this.#kept !== null) return;
    this.#kept = KeptFrames.read(text);
    if (this.#kept !== null) this.#context.watch = this;
  }

  get kept(): string {
    return this.#kept?.text ?? "";
  }

  /** Has it written down with a socket that is there. */
  #carry(): void {
    const line = this.#line();
    if (line !== null) line.save();
    else for (const observer of this.#all) observer.save(this.kept);
  }

  #forget(): void {
    this.#kept = null;
    this.#context.watch = null;
  }

  // What happens

  frame(direction: "in" | "out", frame: string | ArrayBuffer): void {
    this.#seen((kept, at) => {
      const answer = direction === "out" ? this.#answerIn(frame) : null;
      if (answer !== null) kept.event("event-out", at, answer);
      else kept.frame(direction, at, typeof frame === "string" ? frame : "");
      const cursor = cursorText(this.#context.eventLog.head, kept.epoch, kept.last);
      this.#tell((isMasked) => frameMessage(cursor, at, direction, frame, isMasked, answer ?? undefined));
      // One of the largest waits for no other.
      if (lengthOf(frame) > LARGE_LENGTH) this.#flush();
    });
  }

  event(type: EventType, sequence: number, data: unknown): void {
    if (type === "ocpp.call") {
      const { messageId } = data as { messageId: string };
      this.#answer = { messageId, sequence };
      this.#kept?.answered(messageId, sequence);
    }
    if (type !== "ocpp.station.connected" && type !== "ocpp.station.disconnected") return;
    this.#seen((kept, at) => {
      kept.event("event", at, sequence);
      const message = eventMessage(cursorText(sequence, kept.epoch, kept.last), at, type, sequence, data);
      this.#tell(() => message);
      // The station's socket is gone, or is not known yet.
      for (const observer of this.#all) observer.save(kept.text);
    });
  }

  /** The event that has it, where it answers the CALL that was just kept. */
  #answerIn(frame: string | ArrayBuffer): number | null {
    if (this.#answer === null || typeof frame !== "string") return null;
    const { messageId, sequence } = this.#answer;
    this.#answer = null;
    const id = `${JSON.stringify(messageId)},`;
    return frame.startsWith(`[3,${id}`) || frame.startsWith(`[4,${id}`) ? sequence : null;
  }

  #seen(take: (kept: KeptFrames, at: number) => void): void {
    const kept = this.#kept;
    const at = this.#context.now();
    if (kept === null) return;
    if (kept.leftAt > 0 && Math.abs(at - kept.leftAt) > KEEP_MS) this.#forget();
    else this.#guarded(() => take(kept, at));
  }

  /** What watches must not cost the station its turn. */
  #guarded(show: () => void): void {
    try {
      show();
    } catch (error) {
      log("error", "a frame could not be shown", { stationId: this.#context.id, reason: messageOf(error) });
    }
  }

  /** Told together with what else is said in this turn, or in the next few milliseconds where much is said: a message costs what a CALL does. */
  #tell(told: Told): void {
    if (this.#all.length === 0) return;
    this.#told.push(told);
    if (this.#told.length >= TOGETHER_MAX) this.#flush();
    if (this.#told.length !== 1) return;
    const since = Math.abs(this.#context.now() - this.#flushedAt);
    if (since >= TOGETHER_MS) queueMicrotask(() => this.#guarded(() => this.#flush()));
    else this.#timer ??= setTimeout(() => this.#guarded(() => this.#flush()), TOGETHER_MS - since);
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const told = this.#told.splice(0);
    if (told.length === 0) return;
    this.#flushedAt = this.#context.now();
    const messages = new Map<boolean, string>();
    const gone: Observer[] = [];
    for (const observer of this.#all) {
      const { isMasked } = observer;
      const message = messages.get(isMasked) ?? `[${told.map((each) => each(isMasked)).join()}]`;
      messages.set(isMasked, message);
      if (!observer.send(message, this.#context.id)) gone.push(observer);
    }
    for (const observer of gone) this.#gone(observer);
  }
}
