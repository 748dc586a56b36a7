/**
 * A campaign's object, made with itty-durable: its plan, how it stands and its sums, one round a second by its alarm. Must not hold a
 * station, a socket or a secret, nor be asked by anybody but the Worker (docs/decisions/0042).
 */
import type { Env } from "../../env.ts";
import { log, messageOf } from "../../log.ts";
import { nextCheck, readSums } from "./campaign-members.ts";
import { OPEN_STATES } from "./campaign-outcome.ts";
import { afterWaking, cancelRound, type Plan, sendRound } from "./campaign-round.ts";
import { type CampaignState, readPlan, type Standing, type Sums, sumsOf, writeStanding } from "./campaign-rows.ts";
import { IttyDocument } from "./itty-object.ts";

/** ms from one round to the next. */
const ROUND_MS = 1_000;
/** ms of rounds that were late, by a crash or their own length, that are made good; and from one round to the next then: no burst. */
const LATE_MAX_MS = 2_000;
const LATE_ROUND_MS = 500;
/** ms after a round that failed. */
const AGAIN_MS = 5_000;
/** ms; the longest that it sleeps while something is open. */
const SLEEP_MAX_MS = 3_600_000;

/** `wrong-state`: it has ended, or ends; `unknown`: it is none. */
export type Done = "done" | "wrong-state" | "unknown";

/** A public field is a part of the document; a private one lasts as long as the object is awake. */
export class Campaign extends IttyDocument {
  campaignId = "";
  status: CampaignState = "scheduled";
  /** ms since the epoch, as all times here; `null`: at once. */
  startAt: number | null = null;
  startedAt: number | null = null;
  endedAt: number | null = null;
  /** Of the next round, while there are stations to be sent to. */
  nextAt = 0;
  sums: Sums = sumsOf(null);
  /** Whether the database has its standing. */
  isTold = false;
  readonly #env: Env;
  #plan: Plan | null = null;
  #isAwake = false;

  constructor(state: DurableObjectState, env: Env) {
    super(state);
    this.#env = env;
  }

  /** @param id its own name; a second time it changes nothing, but finishes what a fault or a crash cut off */
  async begin(id: string): Promise<Done> {
    if (this.campaignId !== "" && (this.isTold || this.status !== "scheduled")) return "done";
    const plan = await readPlan(this.#env.DIRECTORY, id);
    if (plan === null) return "unknown";
    this.campaignId = id;
    this.startAt = plan.startAt;
    await this.persist();
    await this.#wakeAt(Math.max(Date.now(), plan.startAt ?? 0));
    await this.#tell();
    return "done";
  }

  async progress(): Promise<(Standing & { sums: Sums }) | "unknown"> {
    if (this.campaignId === "") return "unknown";
    await this.#settle();
    const { status: state, startedAt, endedAt, sums } = this;
    return { state, startedAt, endedAt, sums };
  }

  /** Members have moved. */
  async progressed(): Promise<Done> {
    if (this.campaignId === "") return "unknown";
    await this.#settle();
    return "done";
  }

  /** A round that is under way is the last. What waits at stations goes on waiting. */
  async pause(): Promise<Done> {
    if (this.campaignId === "") return "unknown";
    if (this.status === "paused") return "done";
    if (this.status !== "scheduled" && this.status !== "running") return "wrong-state";
    await this.#become("paused");
    await this.state.storage.deleteAlarm();
    return "done";
  }

  async resume(): Promise<Done> {
    if (this.campaignId === "") return "unknown";
    if (this.status === "scheduled" || this.status === "running") return "done";
    if (this.status !== "paused") return "wrong-state";
    await this.#become(this.startedAt === null ? "scheduled" : "running");
    this.nextAt = Date.now();
    await this.#wakeAt(Math.max(this.nextAt, this.startedAt === null ? (this.startAt ?? 0) : 0));
    return "done";
  }

  /** What waits is taken back, round by round. */
  async cancel(): Promise<Done> {
    if (this.campaignId === "") return "unknown";
    if (this.status === "cancelling" || this.status === "cancelled") return "done";
    if (this.status === "complete") return "wrong-state";
    await this.#become("cancelling");
    await this.#wakeAt(Date.now());
    return "done";
  }

  /** The database has forgotten it. */
  async forget(): Promise<Done> {
    await this.state.storage.deleteAlarm();
    await this.state.storage.deleteAll();
    this.campaignId = "";
    return "done";
  }

  /** The runtime's own call. What went on midway when a process ended goes on from where it was written down. */
  async alarm(): Promise<void> {
    // Or it would see what the class says, and write that over what was kept.
    await this.loadFromStorage();
    if (this.campaignId === "") return;
    const now = Date.now();
    try {
      const isDue = await this.#round(now);
      if (isDue) await this.#settle(now);
    } catch (error) {
      log("warn", "a round of a campaign failed", { campaignId: this.campaignId, reason: messageOf(error) });
      if (this.#isActive) await this.#wakeAt(Date.now() + AGAIN_MS);
    }
  }

  get #isActive(): boolean {
    return this.status === "scheduled" || this.status === "running" || this.status === "cancelling";
  }

  /** @returns whether there was one */
  async #round(now: number): Promise<boolean> {
    if (this.status === "scheduled") {
      if (this.startAt !== null && this.startAt > now) {
        await this.#wakeAt(this.startAt);
        return false;
      }
      this.startedAt = now;
      this.nextAt = now;
      await this.#become("running");
    }
    if (!this.#isActive) return false;
    this.#plan ??= await this.#readPlan();
    if (this.#plan === null) {
      // Its rows are gone: nobody can be sent anything.
      this.endedAt = now;
      await this.#become("cancelled");
      return false;
    }
    if (!this.#isAwake) await afterWaking(this.#env, this.#plan, now);
    this.#isAwake = true;
    const isCancelled = this.status === "cancelling";
    if (isCancelled) await cancelRound(this.#env, this.#plan, now);
    await sendRound(this.#env, this.#plan, now, isCancelled);
    return true;
  }

  async #readPlan(): Promise<Plan | null> {
    const plan = await readPlan(this.#env.DIRECTORY, this.campaignId);
    return plan === null ? null : { ...plan, id: this.campaignId };
  }

  /** Counts, and ends it where nothing is open. @param roundAt ms since the epoch of the round that is over: the next is set */
  async #settle(roundAt?: number): Promise<void> {
    const sums = await readSums(this.#env.DIRECTORY, this.campaignId);
    const isChanged = JSON.stringify(sums) !== JSON.stringify(this.sums);
    this.sums = sums;
    const open = OPEN_STATES.reduce((sum, state) => sum + sums[state], 0);
    if (open === 0 && (this.status === "running" || this.status === "cancelling")) {
      this.endedAt = Date.now();
      await this.#become(this.status === "running" ? "complete" : "cancelled");
      await this.state.storage.deleteAlarm();
      return;
    }
    if (roundAt !== undefined && this.#isActive) await this.#wakeAt(await this.#nextAt(sums, roundAt));
    if (roundAt !== undefined || isChanged) await this.persist();
    if (!this.isTold) await this.#tell();
  }

  async #nextAt(sums: Sums, roundAt: number): Promise<number> {
    const now = Date.now();
    if (sums.pending + sums.sending > 0 || this.status === "cancelling") {
      this.nextAt = Math.max(this.nextAt + ROUND_MS, now - LATE_MAX_MS);
      // Later than a round: the clock was set back.
      this.nextAt = Math.min(this.nextAt, now + ROUND_MS);
      return Math.max(this.nextAt, roundAt + LATE_ROUND_MS);
    }
    const checkAt = (await nextCheck(this.#env.DIRECTORY, this.campaignId)) ?? now + SLEEP_MAX_MS;
    return Math.min(Math.max(checkAt, now + ROUND_MS), now + SLEEP_MAX_MS);
  }

  async #become(status: CampaignState): Promise<void> {
    this.status = status;
    this.isTold = false;
    await this.persist();
    await this.#tell();
  }

  /** What the database does not take is told with the next look. */
  async #tell(): Promise<void> {
    const { campaignId, status, startedAt, endedAt } = this;
    try {
      await writeStanding(this.#env.DIRECTORY, campaignId, { state: status, startedAt, endedAt });
      if (this.status !== status) return;
      this.isTold = true;
      await this.persist();
    } catch (error) {
      log("warn", "a campaign's standing was not written", { campaignId, reason: messageOf(error) });
    }
  }

  #wakeAt(at: number): Promise<void> {
    return this.state.storage.setAlarm(at);
  }
}
