/**
 * The rows of commands: the truth about each, from queued to settled. Must not know sockets or who waits for an answer.
 */
import type { Outcome } from "../ocpp/session.ts";
import type { Store } from "./store.ts";

export type CommandState = "queued" | "sent" | "result" | "error" | "timeout" | "expired" | "cancelled";

/**
 * After a connection broke: `never` and `if-unsent` send only what surely was not sent, `always` also what may have
 * been, under the same messageId.
 */
export const RETRIES = ["never", "if-unsent", "always"] as const;
export type Retry = (typeof RETRIES)[number];

export interface Command {
  id: string;
  action: string;
  payload: Record<string, unknown>;
  state: CommandState;
  outcome: Outcome | null;
  createdAt: number;
  sentAt: number | null;
  completedAt: number | null;
  timeoutMs: number;
  /** ms since the epoch: unsent by then, it expires. */
  expiresAt: number;
  /** Whether it stays queued without a connection. */
  keepOffline: boolean;
  retry: Retry;
  idempotencyKey: string | null;
  /** Of the request, to tell a repetition from another use of its key. */
  bodyDigest: string | null;
}

/** Commands that may wait for one station. */
export const COMMAND_QUEUE_MAX = 100;
/** Rows at which old ones are deleted, many at once; those with an Idempotency-Key stay their 24 h. */
const PRUNE_AT = 300;
/** Rows of commands at all. */
export const COMMANDS_MAX = 5_000;
/** [interface.md §2] How long an Idempotency-Key is kept. */
export const KEEP_MS = 24 * 3_600_000;

type Row = Record<string, SqlStorageValue>;

export class CommandStore {
  readonly #store: Store;
  /** As the rows have them, since the object woke; `null`: to be read. */
  #queued: readonly Command[] | null = null;
  #rows: number | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Makes room for one more; `false`: there are COMMANDS_MAX that must be kept. */
  makeRoom(now: number): boolean {
    if (this.#count() < PRUNE_AT) return true;
    this.#store.run(
      `DELETE FROM commands WHERE id IN (
         SELECT id FROM commands WHERE state NOT IN ('queued', 'sent')
           AND (created_at < ?1 OR idempotency_key IS NULL) ORDER BY id LIMIT ?2)`,
      now - KEEP_MS,
      PRUNE_AT / 2,
    );
    this.#rows = null;
    return this.#count() < COMMANDS_MAX;
  }

  insert(command: Command): void {
    if (this.#rows !== null) this.#rows++;
    if (command.state === "queued") this.#queued = null;
    this.#store.run(
      "INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      command.id,
      command.action,
      JSON.stringify(command.payload),
      command.state,
      command.outcome && JSON.stringify(command.outcome),
      command.createdAt,
      command.sentAt,
      command.completedAt,
      command.timeoutMs,
      command.expiresAt,
      command.keepOffline ? 1 : 0,
      command.retry,
      command.idempotencyKey,
      command.bodyDigest,
    );
  }

  markSent(id: string, now: number): void {
    this.#queued = null;
    this.#store.run("UPDATE commands SET state = 'sent', sent_at = ?2 WHERE id = ?1", id, now);
  }

  /** To be sent again. That it was sent before stays written down: the station may have done it. */
  requeue(id: string): void {
    this.#queued = null;
    this.#store.run("UPDATE commands SET state = 'queued' WHERE id = ?1", id);
  }

  /** Settles a command that was sent, be it timed out or to be sent again; `null`: there is none that this could answer. */
  settle(id: string, outcome: Outcome, now: number): Command | null {
    // It may be one that was to be sent again.
    if (this.#queued?.some((command) => command.id === id)) this.#queued = null;
    const rows = this.#store.run(
      `UPDATE commands SET state = ?2, outcome = ?3, completed_at = ?4
       WHERE id = ?1 AND state IN ('sent', 'timeout', 'queued') AND sent_at IS NOT NULL AND state <> ?2 RETURNING *`,
      id,
      outcome.state,
      JSON.stringify(outcome),
      now,
    );
    return rows.map(toCommand)[0] ?? null;
  }

  /** Ends a queued command; `null`: it is not queued. One that was sent before is a `timeout`: its outcome is unknown. */
  end(id: string, state: "expired" | "cancelled", outcome: Outcome | null, now: number): Command | null {
    this.#queued = null;
    const rows = this.#store.run(
      `UPDATE commands SET completed_at = ?4,
         state = CASE WHEN sent_at IS NULL THEN ?2 ELSE 'timeout' END,
         outcome = CASE WHEN sent_at IS NULL THEN ?3 ELSE '{"state":"timeout"}' END
       WHERE id = ?1 AND state = 'queued' RETURNING *`,
      id,
      state,
      outcome && JSON.stringify(outcome),
      now,
    );
    return rows.map(toCommand)[0] ?? null;
  }

  read(id: string): Command | null {
    return this.#store.run("SELECT * FROM commands WHERE id = ?1", id).map(toCommand)[0] ?? null;
  }

  byKey(key: string, now: number): Command | null {
    const rows = this.#store.run("SELECT * FROM commands WHERE idempotency_key = ?1", key);
    const command = rows.map(toCommand)[0];
    if (command === undefined) return null;
    if (command.createdAt > now - KEEP_MS) return command;
    this.#store.run("UPDATE commands SET idempotency_key = NULL WHERE id = ?1", command.id);
    return null;
  }

  /** Queued commands in their order, which is that of their ids. */
  queued(): readonly Command[] {
    this.#queued ??= this.#store.run("SELECT * FROM commands WHERE state = 'queued' ORDER BY id").map(toCommand);
    return this.#queued;
  }

  /** The command that is open, or was when the connection was lost. */
  sent(): Command[] {
    return this.#store.run("SELECT * FROM commands WHERE state = 'sent' ORDER BY id").map(toCommand);
  }

  /** Newest first. */
  list(limit: number): Command[] {
    return this.#store.run("SELECT * FROM commands ORDER BY id DESC LIMIT ?1", limit).map(toCommand);
  }

  #count(): number {
    this.#rows ??= this.#store.run<{ count: number }>("SELECT count(*) AS count FROM commands")[0]?.count ?? 0;
    return this.#rows;
  }
}

function toCommand(row: Row): Command {
  return {
    id: row.id as string,
    action: row.action as string,
    payload: JSON.parse(row.payload as string) as Record<string, unknown>,
    state: row.state as CommandState,
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome as string) as Outcome),
    createdAt: row.created_at as number,
    sentAt: row.sent_at as number | null,
    completedAt: row.completed_at as number | null,
    timeoutMs: row.timeout_ms as number,
    expiresAt: row.expires_at as number,
    keepOffline: row.keep_offline === 1,
    retry: row.retry as Retry,
    idempotencyKey: row.idempotency_key as string | null,
    bodyDigest: row.body_digest as string | null,
  };
}
