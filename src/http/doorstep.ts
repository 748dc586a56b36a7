/**
 * Those that were turned away from the edge's door, told to the fleet by its queue, a few messages a minute. Must not decide who is
 * turned away, nor hold up or change the answer to it.
 */
import type { Env } from "../env.ts";
import type { DoorReport } from "../fleet/door-report.ts";
import { registeredAmong } from "../fleet/registrations.ts";
import { log, messageOf } from "../log.ts";
import { FailedAttempts } from "../security/attempts.ts";
import { type Knock, Knocks, type KnockSum, type ToTell } from "../security/knocks.ts";
import { cutText } from "../security/presented-certificate.ts";
import type { Transport } from "../security/transport.ts";
import { giveRefusalsBack, takeRefusals } from "./refusal-counts.ts";
import { inTime } from "../time-limit.ts";

/** ms in which those that are turned away gather into one message. */
const GATHER_MS = 200;
/** Messages of an isolate at once. */
const MESSAGES_BURST = 30;
/** Then so many. */
const MESSAGES_PER_MINUTE = 6;
/** ms that a message waits for its turn then. */
const TURN_MS = 10_000;
/** ms that the directory, and then the queue, has for it. */
const ANSWER_WITHIN_MS = 2_000;
/** ms for which one request goes on telling what came since: the platform lets it outlive its answer by 30 s. */
const TELLING_MS = 15_000;
/** ms after which a telling that has not ended was cut off with the request that it belonged to. */
const TELLING_MAX_MS = 30_000;
/** Subprotocols of an offer that are told, and characters of one: OCPP has three, of seven to nine. */
const PROTOCOLS_MAX = 8;
const PROTOCOL_MAX_LENGTH = 32;
/** Characters of an address: an IPv6 one with an IPv4 one in it has 45. */
const ADDRESS_MAX_LENGTH = 45;

const knocks = new Knocks();
const messages = new FailedAttempts({ burst: MESSAGES_BURST, perSecond: MESSAGES_PER_MINUTE / 60 });
/** ms since the epoch; `null`: nobody is telling. */
let tellingSince: number | null = null;

/** @param registered whether the identity is; `null`: nobody looked */
export function turnedAway(env: Env, ctx: ExecutionContext, knock: Knock, registered: boolean | null): void {
  if (!knocks.note(shortened(knock), registered)) return;
  const isTelling = tellingSince !== null && knock.at >= tellingSince && knock.at - tellingSince < TELLING_MAX_MS;
  if (isTelling) return;
  tellingSince = knock.at;
  ctx.waitUntil(tell(env));
}

const shortened = (knock: Knock): Knock => ({
  ...knock,
  remoteAddress: knock.remoteAddress?.slice(0, ADDRESS_MAX_LENGTH) ?? null,
  offer: knock.offer.slice(0, PROTOCOLS_MAX).map((name) => cutText(name, PROTOCOL_MAX_LENGTH)),
});

/** What it was turned away for before is over. */
export const letIn = (stationId: string): void => knocks.connected(stationId);

/** It was registered. */
export const isNoNewcomer = (stationId: string): void => knocks.registered(stationId);

async function tell(env: Env): Promise<void> {
  const begun = Date.now();
  const turn = () => pause(messages.isExhausted("", Date.now()) ? TURN_MS : GATHER_MS);
  try {
    do await turn();
    while ((await toldOnce(env)) && Date.now() - begun < TELLING_MS);
  } catch (error) {
    log("warn", "who was turned away was not told", { reason: messageOf(error) });
  } finally {
    tellingSince = null;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether there was anything to tell. @throws where it could not be told: it is told again with what comes next */
async function toldOnce(env: Env): Promise<boolean> {
  const due = knocks.due(Date.now());
  if (due.length === 0) return false;
  messages.failed("", Date.now());
  const unknown = due.filter(({ registered }) => registered === null).map(({ stationId }) => stationId);
  const looked = unknown.length === 0 ? Promise.resolve(new Set<string>()) : registeredAmong(env.DIRECTORY, unknown);
  const told = knocks.take(due, await inTime(looked, ANSWER_WITHIN_MS, "the directory"), Date.now());
  if (told.newcomers.length + told.refusals.length === 0) return true;
  const counts = takeRefusals();
  try {
    const report = counts === null ? reportOf(told) : { ...reportOf(told), counts };
    await inTime(env.TRANSITIONS.send(report), ANSWER_WITHIN_MS, "the queue");
  } catch (error) {
    knocks.giveBack(told);
    giveRefusalsBack(counts);
    throw error;
  }
  return true;
}

const SCHEMES: Readonly<Record<Transport, string>> = { http: "ws", tls: "wss", mtls: "mtls" };

const reportOf = ({ newcomers, refusals }: ToTell): DoorReport => ({
  newcomers: newcomers.map((sum) => ({
    ...told(sum),
    source: sum.source,
    remoteAddress: sum.remoteAddress,
    protocols: [...sum.offer],
    transport: SCHEMES[sum.transport],
    certificate: sum.certificate,
  })),
  refusals: refusals.map(told),
});

const told = ({ stationId, firstAt, at, count, reason }: KnockSum) => ({
  stationId,
  firstAt,
  lastAt: at,
  count,
  reason,
});
