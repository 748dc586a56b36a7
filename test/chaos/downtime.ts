/**
 * Kills the edge and starts it again, lets second starters try its folder, and keeps when it was down. One of these at a
 * time. Must not know what else goes on.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { EdgeProcess, Victim } from "./edge-process.ts";
import type { Occurrences } from "./faults.ts";
import type { Interruption } from "./ledger.ts";
import type { Random } from "./random.ts";

/** Miniflare starts another workerd by itself; /healthz tells when. */
const WORKERD_BACK_MAX_MS = 15_000;
const POLL_MS = 50;

export class Downtime {
  readonly #edge: EdgeProcess;
  readonly #random: Random;
  readonly #occurrences: Occurrences;
  readonly interruptions: Interruption[] = [];
  /** Second starters that were let in. */
  readonly faults: string[] = [];
  #turn: Promise<void> = Promise.resolve();
  #starting: Promise<boolean> = Promise.resolve(true);
  kills = 0;

  constructor(edge: EdgeProcess, random: Random, occurrences: Occurrences) {
    this.#edge = edge;
    this.#random = random;
    this.#occurrences = occurrences;
  }

  /** What was killed is started again at once, and may be killed again before it is up. */
  kill(): Promise<void> {
    const wanted = this.#random.weighted({ both: 4, front: 2, workerd: 4 });
    return this.#inTurn(async () => {
      this.kills++;
      const interruption = this.#down();
      // While it starts there is no workerd to be killed alone.
      const victim: Victim = (await this.#edge.kill(wanted)) ? wanted : "both";
      if (victim !== wanted) await this.#edge.kill(victim);
      this.#occurrences.count("kills", victim);
      if (victim === "workerd") void this.#back(interruption);
      else this.#start(interruption);
    });
  }

  /** A second starter while the edge runs, or one that starts in the same moment. */
  rival(isSimultaneous: boolean): Promise<void> {
    return this.#inTurn(() => (isSimultaneous ? this.#race() : this.#knock()));
  }

  /** Resolves once the edge is up and nobody is at it. */
  async calm(): Promise<boolean> {
    await this.#turn;
    return this.#starting;
  }

  /** Whether nothing took it down at any time since. */
  wasUpSince(at: number): boolean {
    return this.interruptions.every(({ until }) => until < at);
  }

  async #knock(): Promise<void> {
    await this.#starting;
    const end = await this.#edge.startRival();
    this.#occurrences.count("rivals", "while it ran");
    if (end !== "refused") this.faults.push(`a second starter beside the running edge: ${end}`);
  }

  async #race(): Promise<void> {
    await this.#starting;
    const interruption = this.#down();
    await this.#edge.kill("both");
    const rival = this.#edge.startRival();
    const own = this.#edge.start({ mayBeRefused: true });
    const [end, isReady] = await Promise.all([rival, own]);
    this.#occurrences.count("rivals", "at the same moment");
    if (end === "let in" && isReady) this.faults.push("two that started in the same moment were both let in");
    if (end === "neither")
      this.faults.push("one of two that started in the same moment neither came up nor was refused");
    if (isReady) {
      interruption.until = Date.now();
      return;
    }
    if (end !== "let in") this.faults.push("of two that started in the same moment none was let in");
    await this.#edge.kill("both");
    this.#start(interruption);
  }

  #down(): Interruption {
    const interruption = { from: Date.now(), until: Number.POSITIVE_INFINITY };
    this.interruptions.push(interruption);
    return interruption;
  }

  #start(interruption: Interruption): void {
    this.#starting = this.#edge.start().then((isReady) => {
      // Of one that was killed again, that next kill tells when it was up.
      interruption.until = Date.now();
      return isReady;
    });
  }

  async #back(interruption: Interruption): Promise<void> {
    const deadline = Date.now() + WORKERD_BACK_MAX_MS;
    while (Date.now() < deadline) {
      await delay(POLL_MS);
      const response = await fetch(`${this.#edge.url}/healthz`).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.status === 200) break;
    }
    interruption.until = Date.now();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }
}
