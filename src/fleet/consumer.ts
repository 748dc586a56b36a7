/**
 * What comes by the queue TRANSITIONS, message by message: done, to come again later, or given up with a word in the log. Must not
 * know what a transition does to the directory.
 */
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import { type AuditMessage, isAuditMessage } from "./audit-entry.ts";
import { insertEntries } from "./audit-list.ts";
import { type CampaignMessage, isCampaignMessage } from "./campaigns/campaign-outcome.ts";
import { takeOutcomes } from "./campaigns/outcome-consumer.ts";
import { applyTransitions, isReachable } from "./directory.ts";
import { type DoorReport, isDoorReport } from "./door-report.ts";
import { addCounts } from "./metrics/counters.ts";
import { type CountsMessage, isCountsMessage } from "./metrics/families.ts";
import { addNewcomers, trimNewcomers } from "./newcomers.ts";
import { addSecurityEvents } from "./problems/kept-problems.ts";
import { isSecurityMessage, type SecurityMessage } from "./problems/security-event.ts";
import { removeRegistration } from "./registrations.ts";
import { listMissing } from "./reconciliation.ts";
import { sayAgainPage, startSayingAgain } from "./say-again.ts";
import { addRefusals } from "./station-refusals.ts";
import {
  batchesOf,
  isPage,
  isTransition,
  type Page,
  type ReplayPage,
  retryDelaySeconds,
  type RevokedPage,
  type Transition,
} from "./transition.ts";

type FleetBatchMessage = Pick<Message<unknown>, "body" | "attempts" | "ack" | "retry">;
type MessageOf<Body> = Omit<FleetBatchMessage, "body"> & { body: Body };
/** What waits for nothing but the directory. */
type Told = MessageOf<Transition | CountsMessage>;
type Reported = MessageOf<DoorReport>;

/** Attempts at a message, before it is given up: their waits are almost the four days for which a queue keeps it. `max_retries` allows as many. */
export const ATTEMPTS_MAX = 100;
/** Of a page that is to wait: a time further ahead was told before the clock was set back. */
const PAGE_WAIT_MAX_SECONDS = 60;
/** Attempts at a transition that a directory which takes others does not take, and at a word about who was turned away. */
const REFUSED_MAX = 5;

/** What does one page, each of its kind; throws where that is to come again. */
export interface PageHandlers {
  replay(env: Env, page: ReplayPage): Promise<void>;
  revoked(env: Env, page: RevokedPage): Promise<void>;
}

export async function consume(messages: readonly FleetBatchMessage[], env: Env, handlers: PageHandlers): Promise<void> {
  const transitions: Told[] = [];
  const pages: MessageOf<Page>[] = [];
  const reports: Reported[] = [];
  const audits: MessageOf<AuditMessage>[] = [];
  const outcomes: MessageOf<CampaignMessage>[] = [];
  const reported: MessageOf<SecurityMessage>[] = [];
  for (const message of messages) {
    const { body } = message;
    // Counts ride with reports too.
    if (isTransition(body) || (isCountsMessage(body) && !isDoorReport(body))) transitions.push(message as Told);
    else if (isPage(body)) pages.push(message as (typeof pages)[number]);
    else if (isDoorReport(body)) reports.push(message as Reported);
    else if (isAuditMessage(body)) audits.push(message as (typeof audits)[number]);
    else if (isSecurityMessage(body)) reported.push(message as (typeof reported)[number]);
    else if (isCampaignMessage(body)) outcomes.push(message as (typeof outcomes)[number]);
    // Of a release that is not this one, or damaged. Not again: it would be the same.
    else
      log("error", "a message of the queue is none of ours", { keys: Object.keys(Object(body)).slice(0, 10).join() });
  }
  for (const batch of batchesOf(transitions, ({ body }) => body)) await take(batch, env);
  if (reports.length > 0) await takeReports(reports, env);
  if (audits.length > 0) await takeAudits(audits, env);
  if (reported.length > 0) await takeSecurity(reported, env);
  if (outcomes.length > 0) await takeCampaignOutcomes(outcomes, env);
  for (const page of pages) {
    const waitMs = "notBefore" in page.body ? page.body.notBefore - Date.now() : 0;
    if (waitMs > 0) {
      page.retry({ delaySeconds: Math.min(Math.ceil(waitMs / 1_000), PAGE_WAIT_MAX_SECONDS) });
      continue;
    }
    try {
      await donePage(page.body, env, handlers);
    } catch (error) {
      log("warn", "a page of the fleet was not done", { attempt: page.attempts, reason: messageOf(error) });
      if (page.attempts < ATTEMPTS_MAX) page.retry({ delaySeconds: retryDelaySeconds(page.attempts, Math.random()) });
      else await env.TRANSITIONS.send(page.body);
    }
  }
}

function donePage(page: Page, env: Env, handlers: PageHandlers): Promise<void> {
  if ("replayAfter" in page) return handlers.replay(env, page);
  if ("revoked" in page) return handlers.revoked(env, page);
  return sayAgainPage(env, page);
}

/** After the transitions: a connection that came with them is known by then. */
async function takeReports(reports: readonly Reported[], { DIRECTORY }: Env): Promise<void> {
  try {
    await DIRECTORY.batch([
      ...addCounts(
        DIRECTORY,
        reports.flatMap(({ body: { counts = [] } }) => counts),
        Date.now(),
      ),
      ...reports.flatMap(({ body: { refusals, newcomers } }) => [
        ...(refusals.length > 0 ? [addRefusals(DIRECTORY, refusals, Date.now())] : []),
        ...(newcomers.length > 0 ? [addNewcomers(DIRECTORY, newcomers)] : []),
      ]),
      trimNewcomers(DIRECTORY),
    ]);
  } catch (error) {
    log("warn", "who was turned away was not written down", { reports: reports.length, reason: messageOf(error) });
    for (const message of reports) {
      // What is given up is told again by whoever knocks again.
      if (message.attempts < REFUSED_MAX)
        message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
    }
  }
}

/** What is given up is told by its webhooks all the same. */
async function takeSecurity(reported: readonly MessageOf<SecurityMessage>[], { DIRECTORY }: Env): Promise<void> {
  try {
    await DIRECTORY.batch(
      addSecurityEvents(
        DIRECTORY,
        reported.map(({ body }) => body.security),
      ),
    );
  } catch (error) {
    log("warn", "security events were not written", { events: reported.length, reason: messageOf(error) });
    for (const message of reported)
      if (message.attempts < REFUSED_MAX)
        message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
  }
}

/** What came by the queue since the directory was out of reach: it is to be as if it had not been. */
async function takeAudits(audits: readonly MessageOf<AuditMessage>[], { DIRECTORY }: Env): Promise<void> {
  const entries = audits.flatMap(({ body }) => body.audit);
  try {
    await insertEntries(DIRECTORY, entries).run();
  } catch (error) {
    const lost = audits.filter(({ attempts }) => attempts >= ATTEMPTS_MAX).length;
    log("warn", "the audit was not written", { entries: entries.length, lost, reason: messageOf(error) });
    for (const message of audits) {
      if (message.attempts < ATTEMPTS_MAX)
        message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
    }
  }
}

/** What is given up is found by its campaign, which asks where it heard nothing. */
async function takeCampaignOutcomes(outcomes: readonly MessageOf<CampaignMessage>[], env: Env): Promise<void> {
  try {
    await takeOutcomes(
      env,
      outcomes.map(({ body }) => body),
    );
  } catch (error) {
    log("warn", "what became of campaigns' commands was not written", {
      ...{ outcomes: outcomes.length, reason: messageOf(error) },
    });
    for (const message of outcomes) {
      if (message.attempts < ATTEMPTS_MAX)
        message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
    }
  }
}

async function take(batch: readonly Told[], env: Env): Promise<void> {
  const failure = await applied(env, batch);
  if (failure === null) {
    const told = transitionsOf(batch).flatMap(({ station, stationId }) => (station === null ? [] : stationId));
    return listMissing(env, told);
  }
  if (!(await isReachable(env.DIRECTORY))) return putOff(batch, env, failure);
  // It takes others: one of these is at fault, and must not hold up the rest.
  for (const message of batch) {
    const reason = await applied(env, [message]);
    if (reason === null) continue;
    const { stationId = null, sequence = null } = "stationId" in message.body ? message.body : {};
    if (message.attempts < REFUSED_MAX)
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
    else log("error", "a transition was given up: the directory does not take it", { stationId, sequence, reason });
  }
}

const transitionsOf = (batch: readonly Told[]): Transition[] =>
  batch.flatMap(({ body }) => ("stationId" in body ? body : []));

/** Why they were not taken; `null`: they were. */
async function applied({ DIRECTORY }: Env, batch: readonly Told[]): Promise<string | null> {
  try {
    const transitions = transitionsOf(batch);
    const counted = batch.flatMap(({ body: { counts = [] } }) => counts);
    await applyTransitions(DIRECTORY, transitions, Date.now(), counted);
    for (const { stationId, sequence, station } of transitions) {
      // As an older release said it: its rows have no incarnation.
      if (station === null) await removeRegistration(DIRECTORY, stationId, { incarnation: "", head: sequence });
    }
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** The directory is out of reach. What waited for days is given up, and all stations are to say again how things stand. */
async function putOff(batch: readonly Told[], env: Env, reason: string): Promise<void> {
  const lost = batch.filter(({ attempts }) => attempts >= ATTEMPTS_MAX);
  log("warn", "the directory is out of reach", { transitions: batch.length, lost: lost.length, reason });
  // Where that fails they come once more after all.
  if (lost.length > 0) await startSayingAgain(env, Date.now());
  for (const message of batch) {
    if (message.attempts < ATTEMPTS_MAX)
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
  }
}
