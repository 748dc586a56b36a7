/**
 * One round of a campaign, a second's worth: so many stations are sent their command, those are asked of whom nothing was heard, and what
 * is cancelled is taken back. Must not know when rounds are, nor keep anything: whatever ends it midway, the next goes on.
 */
import { configOf } from "../../config.ts";
import type { Env } from "../../env.ts";
import { log, messageOf } from "../../log.ts";
import type { Reach } from "../../security/fleet-part.ts";
import { stationStub } from "../../station-stub.ts";
import { cut, type Outcome, outcomeOf } from "./campaign-outcome.ts";
import {
  cancelPending,
  CHECK_AFTER_MS,
  checkSoon,
  claimMembers,
  type DueMember,
  dueMembers,
  type Noted,
  noteOutcomes,
  postponeMembers,
  queuedMembers,
} from "./campaign-members.ts";
import { stationsWithin } from "./campaign-selection.ts";

export interface Plan {
  id: string;
  actor: string;
  reach: Reach;
  action: string;
  payload: Record<string, unknown>;
  ratePerSecond: number;
  expiresInSeconds: number;
}

/** Seconds that a station has to answer. */
const TIMEOUT_SECONDS = 30;
/** Stations asked at the same time. */
const PARALLEL = 25;
/** Attempts at a station's object that cannot be reached: a quarter of an hour in all. */
const ATTEMPTS_MAX = 9;
/** ms before the second attempt, doubled each time. */
const AGAIN_BASE_MS = 2_000;
/** ms for which an object knows an Idempotency-Key, less an hour: behind it nobody can say whether it was sent. */
const KEY_KNOWN_MS = 23 * 3_600_000;
/** Members that are cancelled in one round, beside those whose stations must be asked. */
const CANCEL_MAX = 2_000;

const unsent = (stationId: string, at: number, state: "refused" | "invalid", reason: string): Noted => ({
  ...{ stationId, state, at, commandId: null, answer: null, reason: cut(reason), checkAt: null },
});
const unknown = (stationId: string, at: number, reason: string): Noted => ({
  ...{ stationId, state: "timeout", at, commandId: null, answer: null, reason: cut(reason), checkAt: null },
});

/** Sends what is due. @param isCancelled what was taken before is sent all the same: whether it was already nobody knows */
export async function sendRound(env: Env, plan: Plan, now: number, isCancelled: boolean): Promise<void> {
  const { id, ratePerSecond } = plan;
  const due = await dueMembers(env.DIRECTORY, id, ratePerSecond, now);
  const taken = due.filter(({ state }) => state === "sending");
  const fresh = isCancelled ? [] : await claimMembers(env.DIRECTORY, id, ratePerSecond - taken.length, now);
  const inside = plan.reach === "all" || fresh.length === 0 ? null : await stationsWithin(env, fresh, plan.reach);
  const again: { stationId: string; state: "sending" | "queued" | "sent"; checkAt: number }[] = [];
  const send = async (stationId: string, attempts: number, claimedAt: number): Promise<Noted | null> => {
    if (inside !== null && attempts === 0 && !inside.has(stationId) && fresh.includes(stationId))
      return unsent(stationId, now, "refused", NO_SUCH_STATION);
    if (now - claimedAt > KEY_KNOWN_MS) return unknown(stationId, now, "whether it was sent is not known any more");
    try {
      return await sendCommand(env, plan, stationId);
    } catch (error) {
      log("warn", "a station was not reached by a campaign", { stationId, campaignId: id, reason: messageOf(error) });
      if (attempts + 1 >= ATTEMPTS_MAX) return unknown(stationId, now, "the station's object could not be reached");
      again.push({ stationId, state: "sending", checkAt: now + AGAIN_BASE_MS * 2 ** attempts });
      return null;
    }
  };
  const ask = async (member: DueMember): Promise<Noted | null> => {
    const outcome = await standing(env, member, now).catch((error: unknown) => {
      log("warn", "a station did not say what became of a campaign's command", {
        ...{ stationId: member.stationId, campaignId: id, reason: messageOf(error) },
      });
      return null;
    });
    if (outcome !== null && outcome.state !== member.state) return outcome;
    const checkAt = outcome?.checkAt ?? now + AGAIN_BASE_MS * 2 ** Math.min(member.attempts, ATTEMPTS_MAX);
    again.push({ stationId: member.stationId, state: member.state as "queued" | "sent", checkAt });
    return null;
  };
  const work = [
    ...taken.map((member) => () => send(member.stationId, member.attempts, member.changedAt)),
    ...fresh.map((stationId) => () => send(stationId, 0, now)),
    ...due.filter(({ state }) => state !== "sending").map((member) => () => ask(member)),
  ];
  const noted = (await inParallel(work)).filter((each) => each !== null);
  await noteOutcomes(env.DIRECTORY, id, noted);
  await postponeMembers(env.DIRECTORY, id, again);
}

export const NO_SUCH_STATION = "no such Charging Station";

/** By one key for each campaign: the station's object takes it once, however often it is asked. */
async function sendCommand(env: Env, plan: Plan, stationId: string): Promise<Noted> {
  const { id, actor, action, payload, expiresInSeconds } = plan;
  const submitted = await stationStub(env, stationId).command(
    {
      ...{ action, payload, expiresInSeconds, timeoutSeconds: TIMEOUT_SECONDS, actor, campaignId: id },
      idempotency: { key: `campaign:${id}`, bodyDigest: id },
    },
    false,
  );
  const now = Date.now();
  if (submitted === null) return unsent(stationId, now, "refused", NO_SUCH_STATION);
  if (submitted.ok) return noted(outcomeOf(stationId, submitted.value, now), expiresInSeconds);
  const refusal = submitted.error;
  switch (refusal.kind) {
    case "invalid": {
      const [fault] = refusal.faults;
      return unsent(stationId, now, "invalid", fault === undefined ? "not valid" : `${fault.path}: ${fault.message}`);
    }
    case "queue-full":
      return unsent(stationId, now, "refused", `${refusal.bound} wait for this station already`);
    case "not-accepted":
      return unsent(stationId, now, "refused", refusal.detail);
    default:
      return unsent(stationId, now, "refused", refusal.kind);
  }
}

/** With when it is asked for, should nothing be heard. */
function noted(outcome: Outcome, expiresInSeconds: number): Noted {
  const answeredMs = TIMEOUT_SECONDS * 1_000 + CHECK_AFTER_MS;
  if (outcome.state === "sent") return { ...outcome, checkAt: outcome.at + answeredMs };
  if (outcome.state === "queued") return { ...outcome, checkAt: outcome.at + expiresInSeconds * 1_000 + answeredMs };
  return { ...outcome, checkAt: null };
}

/** As its object has it. */
async function standing(env: Env, { stationId, commandId }: DueMember, now: number): Promise<Noted> {
  const command = commandId === null ? null : await stationStub(env, stationId).readCommand(commandId);
  if (command === null) return unknown(stationId, now, "the station's object does not know the command any more");
  const outcome = outcomeOf(stationId, command, now);
  const isOpen = outcome.state === "sent" || outcome.state === "queued";
  return { ...outcome, checkAt: isOpen ? now + CHECK_AFTER_MS * (outcome.state === "sent" ? 1 : 60) : null };
}

/** @returns whether nothing is left that could be taken back */
export async function cancelRound(env: Env, plan: Plan, now: number): Promise<boolean> {
  const { id, ratePerSecond } = plan;
  const isAll = await cancelPending(env.DIRECTORY, id, CANCEL_MAX, now);
  const queued = await queuedMembers(env.DIRECTORY, id, ratePerSecond);
  const done = await inParallel(queued.map((member) => () => takeBack(env, member, now)));
  await noteOutcomes(
    env.DIRECTORY,
    id,
    done.filter((each) => each !== null),
  );
  return isAll && queued.length === 0;
}

async function takeBack(env: Env, { stationId, commandId }: DueMember, now: number): Promise<Noted | null> {
  const ended = { stationId, at: now, commandId, answer: null, reason: null };
  try {
    const said = commandId === null ? "unknown" : await stationStub(env, stationId).cancelCommand(commandId);
    if (said === "not-queued") return { ...ended, state: "sent", checkAt: now };
    return { ...ended, state: "cancelled", checkAt: null };
  } catch (error) {
    log("warn", "a campaign's command was not taken back", { stationId, reason: messageOf(error) });
    return null;
  }
}

/** The object has woken: what its process was told and did not keep is asked for. A local queue goes with its process. */
export const afterWaking = (env: Env, { id }: Plan, now: number): Promise<unknown> =>
  checkSoon(env.DIRECTORY, id, configOf(env).LOCAL ? ["sent", "queued"] : ["sent"], now);

async function inParallel<T>(work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < work.length; index = next++)
      results.push(await (work[index] as () => Promise<T>)());
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, work.length) }, worker));
  return results;
}
