/**
 * One station between its two sockets: Kerbside's link on one side, an OCPP-J CSMS on the other. Frames pass as they are. Must not
 * know other stations, nor how either address is come by.
 */
import { WebSocket } from "ws";
import { backOffMs } from "./back-off.ts";
import type { BridgeCounts } from "./bridge-counts.ts";
import { headOf } from "./frame-head.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { Mirror } from "./mirror.ts";
import { onEnd } from "./socket-end.ts";
import { type OpenCall, Unanswered } from "./unanswered.ts";

/** How a socket of one side is opened. */
export interface Door {
  url: string;
  protocols: string[];
  options: WebSocket.ClientOptions;
}

export interface StationBridgeOptions {
  stationId: string;
  link: () => Door;
  csms: (protocol: string, standing: Standing) => Promise<Door>;
  /** Waits for its turn to open a socket; `false`: called off. */
  turn: () => Promise<boolean>;
  counts: BridgeCounts;
  log: (level: "info" | "warn", message: string, facts: Record<string, unknown>) => void;
  random: () => number;
  mirror: Mirror | null;
}

/** The station, as its link is told. */
export interface Standing {
  online: boolean;
  protocol: string | null;
  securityProfile: number | null;
  boot: { interval?: number } | null;
}

/** ms; a station that went has its last CALL answered, and what followed it, before its socket at the CSMS closes. */
const LAST_WORDS_MS = 5_000;
/** ms without another CALL after which nothing more is expected of a station that went. */
const QUIET_MS = 200;
/** Characters that may wait in a socket that the other side does not read; beyond them it is closed, and what was lost comes again. */
const UNSENT_MAX_BYTES = 8_000_000;

/** CALLs of the CSMS that wait for an answer: one whose outcome nobody knows gets none, and would stay for ever. */
const ASKED_MAX = 64;
/** ms that a socket must live for its next opening to be the first again: one that is taken and dropped was no success. */
const STEADY_MS = 10_000;
/** ms that the other side has to close a socket in order, when the bridge ends. */
const CLOSE_WITHIN_MS = 2_000;

export class StationBridge {
  readonly #options: StationBridgeOptions;
  #link: WebSocket | null = null;
  #csms: WebSocket | null = null;
  #standing: Standing | null = null;
  readonly #unanswered = new Unanswered();
  #linkFailures = 0;
  #csmsFailures = 0;
  #isOpeningCsms = false;
  /** After a failure, until its wait is over: no frame of the station cuts it short. */
  #isBackingOff = false;
  #csmsProtocol: string | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #heartbeats: Heartbeats;
  /** CALLs of the CSMS that the station has not answered. */
  readonly #asked = new Set<string>();
  #isEnding = false;

  constructor(options: StationBridgeOptions) {
    this.#options = options;
    // One CALL at a time: what the station says is sign of life enough.
    this.#heartbeats = new Heartbeats((frame) => {
      if (this.#unanswered.open !== null || this.#csms?.readyState !== WebSocket.OPEN) return;
      this.#csms.send(frame);
      this.#options.mirror?.hears(frame);
    });
  }

  get isLinked(): boolean {
    return this.#link?.readyState === WebSocket.OPEN;
  }

  get csmsState(): "open" | "opening" | "waiting" | "closed" {
    if (this.#csms?.readyState === WebSocket.OPEN) return "open";
    if (this.#isOpeningCsms) return "opening";
    return this.#standing?.online === true && !this.#isEnding ? "waiting" : "closed";
  }

  /** Nothing is unanswered, either way. */
  get isIdle(): boolean {
    return this.#unanswered.open === null && this.#asked.size === 0;
  }

  /** CALLs of the CSMS whose answers are still waited for. */
  get unanswered(): number {
    return this.#asked.size;
  }

  async start(): Promise<void> {
    if (this.#isEnding || !(await this.#options.turn()) || this.#isEnding) return;
    const { url, protocols, options } = this.#options.link();
    const link = new WebSocket(url, protocols, options);
    this.#link = link;
    link.on("message", (data, isBinary) => {
      if (!isBinary && this.#link === link) this.#fromLink(String(data));
    });
    this.#ended(link, "link", (refusal, livedMs) => {
      if (this.#link !== link) return;
      if (livedMs >= STEADY_MS) this.#linkFailures = 0;
      this.#link = null;
      this.#options.counts.linkLost(refusal);
      // Kerbside says again what is not answered; an answer to what it said before would be to nothing.
      this.#unanswered.forget();
      this.#asked.clear();
      this.#standing = null;
      this.#closeCsms();
      if (!this.#isEnding)
        this.#later(backOffMs(this.#linkFailures++, this.#options.random()), () => void this.start());
    });
  }

  /** Takes no new CALL of the CSMS any more. */
  leave(): void {
    this.#isEnding = true;
  }

  end(): void {
    this.#isEnding = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#heartbeats.stop();
    this.#closeCsms();
    this.#link?.close(1000, "the bridge ends");
    const [link, csms] = [this.#link, this.#csms];
    // Whoever does not close it in turn would hold up the end of the process.
    const terminate = () => [link, csms].forEach((socket) => void socket?.terminate());
    setTimeout(terminate, CLOSE_WITHIN_MS).unref();
  }

  #ended(socket: WebSocket, side: "link" | "csms", done: (refusal: number | null, livedMs: number) => void): void {
    const { stationId, log } = this.#options;
    onEnd(socket, ({ refusal, livedMs, code, reason }) => {
      const what = side === "link" ? "the link closed" : "the CSMS's socket closed";
      log(refusal === null ? "info" : "warn", what, { stationId, code, reason });
      done(refusal, livedMs);
    });
  }

  // From Kerbside

  #fromLink(text: string): void {
    if (text.startsWith("{")) {
      this.#stands((JSON.parse(text) as { station: Standing }).station);
      return;
    }
    const [type, messageId, action] = headOf(text);
    this.#options.counts.frames.toCsms++;
    if (type === 2) {
      this.#unanswered.said({ messageId, action, frame: text, at: performance.now() });
      if (!this.#sendToCsms(text)) void this.#openCsms();
      return;
    }
    // An id is the CSMS's own, of one socket: what was asked on the one before may be another CALL on this one.
    if ((type === 3 || type === 4) && !this.#asked.delete(messageId)) return;
    this.#sendToCsms(text);
  }

  #stands(standing: Standing): void {
    const isOther = this.#csms !== null && standing.protocol !== this.#csmsProtocol;
    this.#standing = standing;
    if (standing.online && isOther) this.#closeCsms();
    if (standing.online) void this.#openCsms();
    else this.#later(QUIET_MS, () => this.#closeWhenQuiet(performance.now() + LAST_WORDS_MS));
  }

  /** The CSMS sees the truth, once it has the station's last words. */
  #closeWhenQuiet(latest: number): void {
    if (this.#standing?.online !== false) return;
    if (this.#unanswered.open === null || performance.now() >= latest) this.#closeCsms();
    else this.#later(QUIET_MS, () => this.#closeWhenQuiet(latest));
  }

  #sendToCsms(frame: string): boolean {
    const csms = this.#csms;
    if (csms?.readyState !== WebSocket.OPEN) return false;
    csms.send(frame);
    this.#options.mirror?.fromStation(frame);
    if (csms.bufferedAmount > UNSENT_MAX_BYTES) csms.terminate();
    return true;
  }

  // From the CSMS

  async #openCsms(): Promise<void> {
    const { protocol } = this.#standing ?? {};
    if (this.#isBackingOff || this.#isOpeningCsms || this.#csms !== null || this.#isEnding || protocol == null) return;
    this.#isOpeningCsms = true;
    const isOn = await this.#options.turn();
    const door = isOn && this.#standing !== null ? await this.#options.csms(protocol, this.#standing) : null;
    // Meanwhile it may have gone, or come back in another version.
    if (door === null || this.#standing?.online !== true || this.#standing.protocol !== protocol || this.#isEnding) {
      this.#isOpeningCsms = false;
      if (door !== null && this.#standing?.online === true) void this.#openCsms();
      return;
    }
    const { url, protocols, options } = door;
    const csms = new WebSocket(url, protocols, options);
    this.#csms = csms;
    this.#csmsProtocol = protocol;
    csms.on("open", () => {
      this.#isOpeningCsms = false;
      this.#options.mirror?.opened(protocol);
      const { open, isOvertaken } = this.#unanswered;
      if (isOvertaken) this.#linkAnew();
      // What the one before did not answer.
      else if (open !== null) this.#sendToCsms(open.frame);
      this.#heartbeats.start(this.#standing?.boot?.interval);
    });
    csms.on("message", (data, isBinary) => {
      if (!isBinary && this.#csms === csms) this.#fromCsms(String(data));
    });
    this.#ended(csms, "csms", (refusal, livedMs) => {
      if (this.#csms !== csms) return;
      if (livedMs >= STEADY_MS) this.#csmsFailures = 0;
      this.#csms = null;
      this.#isOpeningCsms = false;
      this.#heartbeats.stop();
      this.#asked.clear();
      this.#options.counts.csmsLost(refusal);
      this.#options.mirror?.closed();
      if (this.#standing?.online === true && !this.#isEnding) {
        this.#isBackingOff = true;
        this.#later(backOffMs(this.#csmsFailures++, this.#options.random()), () => {
          this.#isBackingOff = false;
          void this.#openCsms();
        });
      }
    });
  }

  #fromCsms(text: string): void {
    const [type, messageId] = headOf(text);
    const isAnswer = type === 3 || type === 4;
    if (isAnswer && this.#heartbeats.isTheirs(messageId)) return;
    this.#options.counts.frames.toStation++;
    if (type === 2) {
      // One that cannot be passed on gets no answer, as from a station that is gone.
      if (this.#isEnding || this.#standing?.online !== true) return;
      this.#asked.add(messageId);
      const [oldest = ""] = this.#asked;
      if (this.#asked.size > ASKED_MAX) this.#asked.delete(oldest);
    }
    const answered = isAnswer ? this.#unanswered.answered(messageId) : null;
    if (answered !== null) this.#answered(answered, text);
    const link = this.#link;
    if (link?.readyState !== WebSocket.OPEN) return;
    link.send(text);
    if (link.bufferedAmount > UNSENT_MAX_BYTES) link.terminate();
  }

  /** Kerbside says in their order what is unanswered: this side would give the CSMS a later one first. */
  #linkAnew(): void {
    const link = this.#link;
    this.#link = null;
    this.#unanswered.forget();
    link?.close(1000, "the CSMS is back");
    void this.start();
  }

  #answered({ action, at }: OpenCall, text: string): void {
    this.#options.counts.latencies.add(performance.now() - at);
    this.#options.mirror?.fromCsms(text);
    if (action === "BootNotification") this.#heartbeats.booted(text);
  }

  #closeCsms(): void {
    this.#heartbeats.stop();
    const csms = this.#csms;
    if (csms === null) return;
    if (csms.readyState === WebSocket.CONNECTING) csms.terminate();
    else csms.close(1000, "the station is gone");
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }
}
