/**
 * One socket of one station at its CSMS: what goes there in turn, and what either side has not answered on it. Must not know Kerbside,
 * nor when it is opened.
 */
import { WebSocket } from "ws";

/** Characters that may wait in a socket that the other side does not read; beyond them it is closed, and what was lost comes again. */
export const UNSENT_MAX_BYTES = 8_000_000;
/** ms in which a Heartbeat is to be answered; what the station says waits no longer for that. */
const BEAT_WITHIN_MS = 5_000;
/** Frames that wait behind it. */
const BEHIND_MAX = 64;
/** CALLs that wait for an answer, either way: one whose outcome nobody knows gets none, and would stay for ever. */
const UNANSWERED_MAX = 64;
/** ms that the CSMS has to close a socket in order. */
export const CLOSE_WITHIN_MS = 2_000;
/** CALLs of the CSMS that wait until the link is back. */
const HELD_MAX = 16;

/** The first frame that is binary, which OCPP-J has none of: it is not passed on, and who wrote the CSMS is to hear of it. */
export function onFirstBinary(socket: WebSocket, done: () => void): void {
  const look = (_: unknown, isBinary: boolean) => {
    if (!isBinary) return;
    socket.off("message", look);
    done();
  };
  socket.on("message", look);
}

interface Said {
  /** `null`: nobody answers it. */
  callId: string | null;
  frame: string;
}

export class CsmsSocket {
  readonly socket: WebSocket;
  readonly protocol: string;
  /** CALLs of the station that it has not answered. */
  readonly #owed = new Set<string>();
  /** CALLs of its own that the station has not answered. */
  readonly #asked = new Set<string>();
  /** Those of its own that came while there was no link. */
  readonly held: string[] = [];
  #beat: ReturnType<typeof setTimeout> | null = null;
  readonly #behind: Said[] = [];

  constructor(socket: WebSocket, protocol: string) {
    this.socket = socket;
    this.protocol = protocol;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  // To the CSMS

  /** An answer of the station, which nothing holds up. `false`: it is not open. */
  answer(frame: string): boolean {
    return this.isOpen && this.#write({ callId: null, frame });
  }

  /** [OCPP-J 1.6 §4.1.1] One open CALL per direction: what the station says waits while a Heartbeat is not answered. */
  say(said: Said): boolean {
    if (!this.isOpen) return false;
    if (this.#beat === null) return this.#write(said);
    this.#behind.push(said);
    if (this.#behind.length > BEHIND_MAX) this.socket.terminate();
    return true;
  }

  /** A Heartbeat. `false`: it is not the time for one. */
  beat(frame: string): boolean {
    if (this.#beat !== null || !this.isOpen) return false;
    this.#beat = setTimeout(() => this.beatAnswered(), BEAT_WITHIN_MS);
    this.#beat.unref();
    return this.#write({ callId: null, frame });
  }

  /** Or it is waited for no longer. */
  beatAnswered(): void {
    this.#stopBeat();
    for (const said of this.#behind.splice(0)) if (this.isOpen) this.#write(said);
  }

  #write({ callId, frame }: Said): true {
    this.socket.send(frame);
    if (callId !== null) keep(this.#owed, callId);
    if (this.socket.bufferedAmount > UNSENT_MAX_BYTES) this.socket.terminate();
    return true;
  }

  /** It has answered that CALL of the station. */
  answered(messageId: string): void {
    this.#owed.delete(messageId);
  }

  owesAnswerTo(messageId: string): boolean {
    return this.#owed.has(messageId);
  }

  /** Whether an answer of it may still come: on another link its id may be another CALL's. */
  get owes(): boolean {
    return this.#owed.size > 0 || this.#behind.length > 0;
  }

  // From the CSMS

  asks(messageId: string): void {
    keep(this.#asked, messageId);
  }

  hold(frame: string): void {
    if (this.held.length < HELD_MAX) this.held.push(frame);
  }

  /** Whether the CSMS asked that on this socket, and has no answer yet: it has one now. */
  takeAsked(messageId: string): boolean {
    return this.#asked.delete(messageId);
  }

  get isAsking(): boolean {
    return this.#asked.size > 0;
  }

  /** On the next link nothing of it is answered. */
  forgetAsked(): void {
    this.#asked.clear();
  }

  /** @param why as the CSMS is told */
  close(why: string): void {
    if (this.socket.readyState === WebSocket.CONNECTING) this.socket.terminate();
    else this.socket.close(1000, why);
    // One that does not close in turn would have the station wait for its next one, for half a minute.
    setTimeout(() => this.socket.terminate(), CLOSE_WITHIN_MS).unref();
  }

  ended(): void {
    this.#stopBeat();
  }

  #stopBeat(): void {
    if (this.#beat !== null) clearTimeout(this.#beat);
    this.#beat = null;
  }
}

function keep(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest = ""] = ids;
  if (ids.size > UNANSWERED_MAX) ids.delete(oldest);
}
