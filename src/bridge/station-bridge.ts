/**
 * One station between its two sockets: Kerbside's link on one side, an OCPP-J CSMS on the other. Frames pass as they are. Must not
 * know other stations, nor how either address is come by.
 */
import { WebSocket } from "ws";
import { backOffMs } from "./back-off.ts";
import { CLOSE_WITHIN_MS, CsmsSocket, onFirstBinary, UNSENT_MAX_BYTES } from "./csms-socket.ts";
import { headOf } from "./frame-head.ts";
import { Heartbeats } from "./heartbeats.ts";
import { keepAlive } from "./keep-alive.ts";
import { lineOf, onEnd, POLICY_CLOSE, type SocketEnd, SUPERSEDED } from "./socket-end.ts";
import type { Standing, StationBridgeOptions } from "./station-bridge-options.ts";
import { type OpenCall, Unanswered } from "./unanswered.ts";

/** ms; a station that went has its last CALL answered, and what followed it, before its socket at the CSMS closes. */
const LAST_WORDS_MS = 5_000;
/** ms without another CALL after which nothing more is expected of a station that went. */
const QUIET_MS = 200;
/** ms that a socket must live for its next opening to be the first again: one that is taken and dropped was no success. */
const STEADY_MS = 10_000;
/** ms that the CSMS's socket stays without a link: the station may be online still, while Kerbside or the network is away. */
const KEEP_CSMS_MS = 10_000;
/** Failures that a link is dialled after as if it had had, once another has taken it over: at once it would be a quarrel. */
const QUARREL_FAILURES = 6;
const ORDERLY_CLOSE = 1000;
/** [OCPP 2.x P4 §4.2.3] What is said of a frame of the CSMS whose id cannot be read. */
const UNREADABLE_ID = "-1";

export class StationBridge {
  readonly #options: StationBridgeOptions;
  #link: WebSocket | null = null;
  #csms: CsmsSocket | null = null;
  #standing: Standing | null = null;
  readonly #unanswered = new Unanswered();
  #linkFailures = 0;
  #csmsFailures = 0;
  #isOpeningCsms = false;
  /** After a failure, until its wait is over: no frame of the station cuts it short. */
  #isBackingOff = false;
  /** Until it is over, the CSMS's socket waits for the link. */
  #keeping: ReturnType<typeof setTimeout> | null = null;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #heartbeats: Heartbeats;
  #isEnding = false;

  constructor(options: StationBridgeOptions) {
    this.#options = options;
    // One CALL at a time: what the station says is sign of life enough.
    this.#heartbeats = new Heartbeats((frame) => {
      if (!this.#unanswered.isAwaited(performance.now()) && this.#csms?.beat(frame)) this.#options.mirror?.hears(frame);
    });
  }

  get isLinked(): boolean {
    return this.#link?.readyState === WebSocket.OPEN;
  }

  get csmsState(): "open" | "opening" | "waiting" | "closed" {
    if (this.#csms?.isOpen) return "open";
    if (this.#isOpeningCsms) return "opening";
    return this.#standing?.online === true && !this.#isEnding ? "waiting" : "closed";
  }

  /** Nothing is unanswered, either way. */
  get isIdle(): boolean {
    return this.#unanswered.open === null && !this.#csms?.isAsking;
  }

  async start(): Promise<void> {
    if (this.#isEnding || !(await this.#options.turn()) || this.#isEnding) return;
    const { url, protocols, options } = this.#options.link();
    const link = new WebSocket(url, protocols, options);
    this.#link = link;
    keepAlive(link);
    link.on("message", (data, isBinary) => {
      if (!isBinary && this.#link === link) this.#fromLink(String(data));
    });
    this.#ended(link, "link", ({ refusal, livedMs, code, reason }) => {
      if (this.#link !== link) return;
      if (livedMs >= STEADY_MS) this.#linkFailures = 0;
      if (reason === SUPERSEDED) this.#linkFailures = Math.max(this.#linkFailures, QUARREL_FAILURES);
      this.#link = null;
      this.#options.counts.lost("link", refusal);
      // Kerbside says again what is not answered; an answer to what it said before would be to nothing.
      this.#unanswered.forget();
      this.#csms?.forgetAsked();
      this.#standing = null;
      if (code === POLICY_CLOSE || !this.#csms?.isOpen) this.#closeCsms(reason || undefined);
      else this.#keeping ??= this.#later(KEEP_CSMS_MS, () => this.#closeCsms());
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
    const [link, csms] = [this.#link, this.#csms?.socket];
    // Whoever does not close it in turn would hold up the end of the process.
    const terminate = () => [link, csms].forEach((socket) => void socket?.terminate());
    setTimeout(terminate, CLOSE_WITHIN_MS).unref();
  }

  #ended(socket: WebSocket, side: "link" | "csms", done: (end: SocketEnd) => void): void {
    const { stationId, log } = this.#options;
    onEnd(socket, (end) => {
      const isOurs = this.#isEnding || (side === "csms" && this.#standing?.online !== true);
      const [level, message] = lineOf(side === "link" ? "the link" : "the CSMS's socket", end, isOurs);
      log(level, message, { stationId, code: end.code, reason: end.reason });
      done(end);
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
      if (!this.#unanswered.isKeptBack && !this.#sendToCsms(messageId, text)) void this.#openCsms();
      return;
    }
    // An id is the CSMS's own, of one socket: what was asked on the one before may be another CALL on this one.
    if (type !== 3 && type !== 4) this.#sendToCsms(null, text);
    else if (messageId === UNREADABLE_ID || this.#csms?.takeAsked(messageId)) {
      this.#csms?.answer(text);
      this.#heartbeats.answered(messageId, text);
    }
  }

  #stands(standing: Standing): void {
    const csms = this.#csms;
    const wasKept = this.#keeping !== null;
    this.#keepNoLonger();
    this.#standing = standing;
    this.#heartbeats.stands(standing.boot);
    // Kerbside says it again, and may say another one under its id: the answer would be taken for that one's.
    if (wasKept && csms?.owes) this.#closeCsms();
    else if (wasKept) for (const frame of csms?.held.splice(0) ?? []) this.#fromCsms(frame);
    if (this.#isStale) this.#later(QUIET_MS, () => this.#closeWhenQuiet(performance.now() + LAST_WORDS_MS));
    else void this.#openCsms();
  }

  /** The CSMS's socket is that of a station that is gone, or that came back in another version. */
  get #isStale(): boolean {
    if (this.#standing === null) return false;
    const { online, protocol } = this.#standing;
    return !online || (this.#csms !== null && this.#csms.protocol !== protocol);
  }

  #keepNoLonger(): void {
    if (this.#keeping === null) return;
    clearTimeout(this.#keeping);
    this.#timers.delete(this.#keeping);
    this.#keeping = null;
  }

  /** The CSMS sees the truth, once it has the station's last words. */
  #closeWhenQuiet(latest: number): void {
    if (!this.#isStale) return;
    if (this.#unanswered.open === null || performance.now() >= latest) this.#closeCsms();
    else this.#later(QUIET_MS, () => this.#closeWhenQuiet(latest));
  }

  /** @param callId `null`: it is not answered */
  #sendToCsms(callId: string | null, frame: string): boolean {
    // What it says in another version is none of that socket's.
    if (this.#standing?.online === true && this.#isStale) this.#closeCsms();
    if (!this.#csms?.say({ callId, frame })) return false;
    this.#options.mirror?.fromStation(frame);
    return true;
  }

  // From the CSMS

  async #openCsms(): Promise<void> {
    const { protocol } = this.#standing ?? {};
    if (this.#isBackingOff || this.#isOpeningCsms || this.#csms !== null || this.#isEnding || protocol == null) return;
    this.#isOpeningCsms = true;
    const isOn = await this.#options.turn();
    const door = isOn && this.#standing !== null ? this.#options.csms(protocol, this.#standing) : null;
    // Meanwhile it may have gone, or come back in another version.
    if (door === null || this.#standing?.online !== true || this.#standing.protocol !== protocol || this.#isEnding) {
      this.#isOpeningCsms = false;
      if (door !== null && this.#standing?.online === true) void this.#openCsms();
      return;
    }
    const { url, protocols, options } = door;
    const socket = new WebSocket(url, protocols, options);
    const csms = new CsmsSocket(socket, protocol);
    this.#csms = csms;
    keepAlive(socket);
    socket.on("open", () => {
      this.#isOpeningCsms = false;
      this.#options.mirror?.opened(protocol);
      const { open, isOvertaken } = this.#unanswered;
      if (isOvertaken) this.#linkAnew();
      // What the one before did not answer.
      else if (open !== null && !this.#unanswered.isKeptBack) this.#sendToCsms(open.messageId, open.frame);
      this.#heartbeats.resume(this.#standing?.boot ?? null);
    });
    socket.on("message", (data, isBinary) => {
      // One that this side closes may have its answers on the way: they are none to what is said meanwhile.
      if (!isBinary && this.#csms === csms && csms.isOpen) this.#fromCsms(String(data));
    });
    onFirstBinary(socket, () => {
      const { stationId, log } = this.#options;
      log("warn", "the CSMS sends binary frames, which OCPP-J does not have: they are not passed on", { stationId });
    });
    this.#ended(socket, "csms", ({ refusal, livedMs, code }) => {
      csms.ended();
      if (this.#csms !== csms) return;
      if (code !== ORDERLY_CLOSE && csms.owesAnswerTo(this.#unanswered.open?.messageId ?? "")) this.#unanswered.broke();
      if (livedMs >= STEADY_MS) this.#csmsFailures = 0;
      this.#csms = null;
      this.#isOpeningCsms = false;
      this.#heartbeats.stop();
      this.#options.counts.lost("csms", refusal);
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
    const [type, messageId, action] = headOf(text);
    const csms = this.#csms;
    const isAnswer = type === 3 || type === 4;
    if (isAnswer && this.#heartbeats.isTheirs(messageId)) {
      csms?.beatAnswered();
      return;
    }
    this.#options.counts.frames.toStation++;
    if (isAnswer) {
      csms?.answered(messageId);
      const answered = this.#unanswered.answered(messageId);
      if (answered !== null) this.#answered(answered, text);
    }
    const link = this.#link;
    if (type === 2) {
      // One that cannot be passed on gets no answer, as from a station that is gone.
      if (this.#isEnding) return;
      if (this.#keeping !== null) csms?.hold(text);
      if (this.#standing === null || this.#isStale || link?.readyState !== WebSocket.OPEN) return;
      csms?.asks(messageId);
      this.#heartbeats.asked(messageId, action, text);
    }
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

  #closeCsms(why = "the station is gone"): void {
    this.#keepNoLonger();
    this.#heartbeats.stop();
    this.#csms?.close(why);
  }

  #later(ms: number, work: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }
}
