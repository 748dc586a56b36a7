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

interface OpenCall {
  messageId: string;
  action: string;
  frame: string;
  /** ms of the process's clock */
  at: number;
}

export class StationBridge {
  readonly #options: StationBridgeOptions;
  #link: WebSocket | null = null;
  #csms: WebSocket | null = null;
  #standing: Standing | null = null;
  /** The station's CALL that the CSMS has not answered, as it came. */
  #open: OpenCall | null = null;
  #linkFailures = 0;
  #csmsFailures = 0;
  #isOpeningCsms = false;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #heartbeats: Heartbeats;
  /** CALLs of the CSMS that the station has not answered. */
  readonly #asked = new Set<string>();
  #isEnding = false;

  constructor(options: StationBridgeOptions) {
    this.#options = options;
    // One CALL at a time: what the station says is sign of life enough.
    this.#heartbeats = new Heartbeats((frame) => {
      if (this.#open === null && this.#csms?.readyState === WebSocket.OPEN) this.#csms.send(frame);
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
    return this.#open === null && this.#asked.size === 0;
  }

  async start(): Promise<void> {
    if (this.#isEnding || !(await this.#options.turn()) || this.#isEnding) return;
    const { url, protocols, options } = this.#options.link();
    const link = new WebSocket(url, protocols, options);
    this.#link = link;
    link.on("open", () => {
      this.#linkFailures = 0;
    });
    link.on("message", (data, isBinary) => {
      if (!isBinary && this.#link === link) this.#fromLink(String(data));
    });
    this.#ended(link, "link", (refusal) => {
      if (this.#link !== link) return;
      this.#link = null;
      this.#options.counts.linkLost(refusal);
      // Kerbside says again what is not answered; an answer to what it said before would be to nothing.
      this.#open = null;
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
  }

  /** Tells why a socket went, once. */
  #ended(socket: WebSocket, side: "link" | "csms", done: (refusal: number | null) => void): void {
    let refusal: number | null = null;
    let reason = "";
    socket.on("unexpected-response", (request, response) => {
      refusal = response.statusCode ?? null;
      response.resume();
      request.destroy();
      socket.terminate();
    });
    socket.on("error", (error) => {
      reason = error.message;
    });
    socket.once("close", (code, text) => {
      const { stationId, log } = this.#options;
      const why = refusal === null ? reason || String(text) : `refused with ${refusal}`;
      log(refusal === null ? "info" : "warn", `${side === "link" ? "the link" : "the CSMS's socket"} closed`, {
        ...{ stationId, code, reason: why },
      });
      done(refusal);
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
      this.#open = { messageId, action, frame: text, at: performance.now() };
      if (!this.#sendToCsms(text)) void this.#openCsms();
      return;
    }
    this.#asked.delete(messageId);
    this.#sendToCsms(text);
  }

  #stands(standing: Standing): void {
    this.#standing = standing;
    if (standing.online) void this.#openCsms();
    else this.#later(QUIET_MS, () => this.#closeWhenQuiet(performance.now() + LAST_WORDS_MS));
  }

  /** The CSMS sees the truth, once it has the station's last words. */
  #closeWhenQuiet(latest: number): void {
    if (this.#standing?.online !== false) return;
    if (this.#open === null || performance.now() >= latest) this.#closeCsms();
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
    if (this.#isOpeningCsms || this.#csms !== null || this.#isEnding || protocol == null) return;
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
    csms.on("open", () => {
      this.#isOpeningCsms = false;
      this.#csmsFailures = 0;
      this.#options.mirror?.opened(protocol);
      // What the one before did not answer.
      if (this.#open !== null) this.#sendToCsms(this.#open.frame);
      this.#heartbeats.start(this.#standing?.boot?.interval);
    });
    csms.on("message", (data, isBinary) => {
      if (!isBinary && this.#csms === csms) this.#fromCsms(String(data));
    });
    this.#ended(csms, "csms", (refusal) => {
      if (this.#csms !== csms) return;
      this.#csms = null;
      this.#isOpeningCsms = false;
      this.#heartbeats.stop();
      this.#asked.clear();
      this.#options.counts.csmsLost(refusal);
      this.#options.mirror?.closed();
      if (this.#standing?.online === true && !this.#isEnding) {
        this.#later(backOffMs(this.#csmsFailures++, this.#options.random()), () => void this.#openCsms());
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
    }
    if (isAnswer && this.#open?.messageId === messageId) this.#answered(text);
    const link = this.#link;
    if (link?.readyState !== WebSocket.OPEN) return;
    link.send(text);
    if (link.bufferedAmount > UNSENT_MAX_BYTES) link.terminate();
  }

  #answered(text: string): void {
    const { action, at } = this.#open as OpenCall;
    this.#open = null;
    this.#options.counts.latencies.add(performance.now() - at);
    this.#options.mirror?.fromCsms(action, text);
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
