/**
 * The Heartbeats of one station at its CSMS, which Kerbside answers itself and tells nobody of: so that the CSMS sees it alive. Must not
 * know sockets.
 */
import type { StandingBoot } from "./station-bridge-options.ts";

/** s; where the CSMS never said an interval. */
const USUAL_SECONDS = 300;
/** s; what a timer can hold. */
const MAX_SECONDS = 2_000_000;
/** s; one that says less would be flooded. */
const MIN_SECONDS = 1;
const ID = "bridge-heartbeat-";
const FOR_A_BEAT = /"requestedMessage"\s*:\s*"Heartbeat"/;
const ACCEPTED = /"status"\s*:\s*"Accepted"/;

export class Heartbeats {
  readonly #send: (frame: string) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #count = 0;
  /** As the CSMS said to a boot, or a command has changed since; `null`: not since the bridge began. */
  #seconds: number | null = null;
  /** The station's last boot, as Kerbside told it. */
  #boot: StandingBoot | null = null;
  /** The CALL of the CSMS that asks for one. */
  #askedAs: string | null = null;

  constructor(send: (frame: string) => void) {
    this.#send = send;
  }

  get isBeating(): boolean {
    return this.#timer !== null;
  }

  isTheirs(messageId: string): boolean {
    return messageId.startsWith(ID);
  }

  /** On another socket. @param boot the station's last, as Kerbside tells it */
  resume(boot: StandingBoot | null): void {
    // [OCPP 1.6 §4.2, 2.x B02] Until it is accepted the interval is one of boots, and a station has no Heartbeats.
    if (boot === null || boot.status === "Accepted") this.#start(boot?.intervalSeconds);
    else this.stop();
  }

  /** Kerbside tells how the station stands. What a CSMS said to the same boot counts until a command changes that. */
  stands(boot: StandingBoot | null): void {
    const before = this.#boot;
    this.#boot = boot;
    if (boot === null || before?.at !== boot.at || before?.intervalSeconds === boot.intervalSeconds) return;
    this.#seconds = boot.intervalSeconds || USUAL_SECONDS;
    if (this.isBeating) this.#start(undefined);
  }

  /** A CALL of the CSMS. [1.6 §5.17, 2.x F06] One that asks for a Heartbeat has it behind the answer; the station's own goes to Kerbside. */
  asked(messageId: string, action: string, frame: string): void {
    if (action === "TriggerMessage" && FOR_A_BEAT.test(frame)) this.#askedAs = messageId;
  }

  /** The station's answer to a CALL of the CSMS has gone there. */
  answered(messageId: string, frame: string): void {
    if (messageId !== this.#askedAs) return;
    this.#askedAs = null;
    if (ACCEPTED.test(frame)) this.#beat();
  }

  #beat(): void {
    this.#send(JSON.stringify([2, `${ID}${++this.#count}`, "Heartbeat", {}]));
  }

  #start(seconds: number | undefined): void {
    this.stop();
    const every = Math.min(Math.max(this.#seconds ?? (seconds || USUAL_SECONDS), MIN_SECONDS), MAX_SECONDS);
    this.#timer = setTimeout(() => {
      this.#beat();
      this.#start(every);
    }, every * 1_000);
    this.#timer.unref();
  }

  /** @param answer the CSMS's, to a BootNotification */
  booted(answer: string): void {
    try {
      const [, , payload] = JSON.parse(answer) as [number, string, { interval?: unknown; status?: unknown }];
      if (payload?.status === "Pending" || payload?.status === "Rejected") {
        this.stop();
        return;
      }
      if (typeof payload?.interval === "number" && payload.interval > 0) this.#seconds = payload.interval;
    } catch {
      // What the CSMS said is Kerbside's to judge.
    }
    this.#start(undefined);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
