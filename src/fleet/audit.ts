/**
 * Writes down who did what: in the directory, behind the answer, and by the queue where the directory does not take it. Must not fail
 * what it tells of, nor hold it up.
 */
import { waitUntil } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import { inTime } from "../time-limit.ts";
import type { AuditDetail, AuditEntry, AuditKind } from "./audit-entry.ts";
import { insertEntries } from "./audit-list.ts";

/** ms the directory has to take an entry, and then the queue. */
const WRITTEN_WITHIN_MS = 5_000;
/** ms in which a key is told of once for each route that it may not use. */
const REFUSAL_EVERY_MS = 60_000;
/** Pairs of key and route that an isolate remembers as told. */
const REFUSALS_MAX = 1_000;
/** Who acts by a CALL on a station's link. */
export const CSMS_LINK = "csms-link";

interface Told extends AuditDetail {
  kind: AuditKind;
  stationId?: string;
  /** Of what may be told twice: what it has in common with itself. */
  once?: { at: number; id: string };
}

/** When each pair was told of last. */
const refusals = new Map<string, number>();

/** Returns at once and never throws. Call it when it is done, or may have been. */
export function audit(env: Env, actor: string, { kind, stationId, once, ...detail }: Told): void {
  const { at, id } = once ?? { at: Date.now(), id: crypto.randomUUID() };
  const entry: AuditEntry = { at, id, actor, kind, stationId: stationId ?? null, detail };
  waitUntil(write(env, entry));
}

interface SentCommand {
  commandId: string;
  stationId: string;
  action: string;
  createdAt: string;
}

/** By its own id and time: what is asked for again under an `Idempotency-Key` is the same command. */
export function auditCommand(env: Env, actor: string, { commandId, stationId, action, createdAt }: SentCommand): void {
  const once = { at: Date.parse(createdAt), id: commandId };
  audit(env, actor, { kind: "command.sent", stationId, action, commandId, once });
}

/**
 * A key that asks for what it may not: one entry a minute and route, however often and wherever it asks.
 * @param scope that it lacks; `null`: it is bound to a part of the fleet
 */
export function auditRefusal(env: Env, actor: string, operation: string, scope: string | null, now: number): void {
  const at = Math.floor(now / REFUSAL_EVERY_MS) * REFUSAL_EVERY_MS;
  const id = `${operation}/${actor}`;
  if (refusals.get(id) === at) return;
  if (refusals.size >= REFUSALS_MAX) refusals.clear();
  refusals.set(id, at);
  audit(env, actor, { kind: "key.refused", operation, ...(scope !== null && { scope }), once: { at, id } });
}

async function write(env: Env, entry: AuditEntry): Promise<void> {
  try {
    await inTime(insertEntries(env.DIRECTORY, [entry]).run(), WRITTEN_WITHIN_MS, "the directory");
  } catch (error) {
    const { actor, kind, stationId } = entry;
    const reason = messageOf(error);
    try {
      // It is one entry, should the directory have taken it after all.
      await inTime(env.TRANSITIONS.send({ audit: [entry] }), WRITTEN_WITHIN_MS, "the queue");
      log("warn", "the audit goes by the queue", { stationId, reason });
    } catch (again) {
      log("error", "the audit lost an entry", { actor, kind, stationId, reason, queue: messageOf(again) });
    }
  }
}
