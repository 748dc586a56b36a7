/**
 * The documents of commands: the truth about each, from queued to settled. Must not know sockets or who waits for an answer.
 */
import { type CallIdentity, isSameContent } from "../../ocpp/repetition.ts";
import type { Outcome } from "../../ocpp/session.ts";
import { bytesOf, type Command, commandOf, ROW_MAX_BYTES } from "./command-row.ts";
import { withoutSecret } from "./secret-command.ts";
import type { DocumentKey, Store } from "../storage/store.ts";

/** Commands that may wait for one station. */
export const COMMAND_QUEUE_MAX = 100;
/** Commands at which old ones are deleted, many at once; those with an Idempotency-Key stay their 24 h. */
const PRUNE_AT = 300;
/** Commands at all. */
export const COMMANDS_MAX = 5_000;
/** Bytes of all commands at which old ones are deleted, and beyond which no more are taken. */
const PRUNE_AT_BYTES = 16_000_000;
export const COMMANDS_MAX_BYTES = 64_000_000;
/** Characters of payloads that may be queued: a wake reads them all. The first may be larger. */
export const QUEUED_MAX_LENGTH = 1_000_000;
/** [interface.md §2] How long an Idempotency-Key is kept. */
export const KEEP_MS = 24 * 3_600_000;

/** [interface.md §2] ms; the longest that a command may wait. */
const WAIT_MAX_MS = 604_800_000;
/** ms by which a clock may be corrected without having been set. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Ids are in the order of their making, and so are the keys. */
const keyOf = (id: string): DocumentKey => `~command:${id}`;
const ALL = "key > '~command:' AND key < '~command;'";
/** One that is no JSON would fail the statement, and the station with it. */
const DOCUMENT = `iif(json_valid(value), value, '{"state":"damaged"}')`;
/**
 * In the fact `queue`, before the ids of what is queued: commands that were sent when it was written. Never none, if an empty
 * one, or an older release wrote it, which reads these as ids of commands that are not there.
 */
const SENT = "sent:";
const ofIdempotency = (key: string): DocumentKey => `~key:${key}`;

export class CommandStore {
  readonly #store: Store;
  /** As it is stored, since the object woke; `null`: to be read. */
  #queued: readonly Command[] | null = null;
  #count: number | null = null;
  /** Of all commands; at most too many, since what a row had before is not subtracted. */
  #bytes = 0;
  /** What was stored last: mostly it is settled next. */
  #newest: Command | null = null;
  /** Ids of those whose rows say `sent`; `null`: to be found. */
  #sent: Set<string> | null = null;
  /** The highest id; `null`: there is none, `undefined`: to be read. */
  #last: string | null | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Makes room for one more; `false`: there are COMMANDS_MAX that must be kept. */
  makeRoom(now: number): boolean {
    if (this.#counted() < PRUNE_AT && this.#bytes < PRUNE_AT_BYTES) return true;
    const old = this.#store.run<{ key: DocumentKey; idempotency: string | null }>(
      `SELECT key, ${DOCUMENT} ->> 'idempotencyKey' AS idempotency FROM facts
       WHERE ${ALL} AND ${DOCUMENT} ->> 'state' NOT IN ('queued', 'sent')
         AND (${DOCUMENT} ->> 'createdAt' < ?1 OR idempotency IS NULL)
       ORDER BY key LIMIT ?2`,
      now - KEEP_MS,
      PRUNE_AT / 2,
    );
    const keys = old.flatMap(({ key, idempotency }) =>
      idempotency === null ? key : [key, ofIdempotency(idempotency)],
    );
    if (keys.length > 0) this.#store.deleteDocuments(keys);
    this.#count = null;
    this.#newest = null;
    return this.#counted() < COMMANDS_MAX && this.#bytes < COMMANDS_MAX_BYTES;
  }

  insert(command: Command): void {
    const { id, state, idempotencyKey } = command;
    const sent = this.#sentIds();
    // What is sent must be found again after a crash: it is the last of all, or it is named.
    const isLast = id > (this.#lastId() ?? "");
    this.#put(command);
    if (isLast) this.#last = id;
    if (this.#count !== null) this.#count++;
    if (idempotencyKey !== null) this.#store.setDocument(ofIdempotency(idempotencyKey), id);
    // Also where none is queued: it says that there are commands.
    if (state === "queued") this.#queue([...this.#queuedIds, id]);
    else if (!this.#hasAny || !isLast || sent.size > 1) this.#queue(this.#queuedIds);
  }

  markSent(id: string, now: number): void {
    const command = this.read(id);
    if (command !== null) this.#put({ ...command, state: "sent", sentAt: now });
    this.#unqueue(id);
  }

  /** To be sent again. That it was sent before stays written down: the station may have done it. */
  requeue(id: string): void {
    const command = this.read(id);
    if (command === null) return;
    this.#put({ ...command, state: "queued" });
    this.#queue([...this.#queuedIds, id].sort());
  }

  /** Whether this CALL of a link is queued or sent already, by all that it says; a newer link that says it once more is the one that is answered. */
  isOpenAtLink(call: CallIdentity, linkId: string): boolean {
    const open = this.#openUnder(call.messageId);
    const same = open.findLast(({ action, payload }) => isSameContent({ ...call, action, payload }, call));
    if (same === undefined) return false;
    if (same.linkId === linkId) return same === open.at(-1);
    // An id is one of its connection: on the next it may be another CALL's.
    this.#put({ ...same, linkId });
    this.#queued = null;
    return true;
  }

  /** Whether a later CALL of the same link is open under the id of this one. */
  isOvertakenAtLink({ id, linkMessageId = "", linkId }: Command): boolean {
    return this.#openUnder(linkMessageId).some((other) => other.linkId === linkId && other.id > id);
  }

  /** In the order in which they came. */
  #openUnder(messageId: string): Command[] {
    const open = [...this.sent(), ...this.queued()].filter(({ linkMessageId }) => linkMessageId === messageId);
    return open.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Settles a command that was sent, be it timed out or to be sent again; `null`: there is none that this could answer. */
  settle(id: string, outcome: Outcome, now: number): Command | null {
    const command = this.read(id);
    if (command === null || command.sentAt === null || command.state === outcome.state) return null;
    if (!["sent", "timeout", "queued"].includes(command.state)) return null;
    return this.#settled({ ...command, state: outcome.state, outcome, completedAt: now });
  }

  /** Ends a queued command; `null`: it is not queued. One that was sent before is a `timeout`: its outcome is unknown. */
  end(id: string, state: "expired" | "cancelled", outcome: Outcome | null, now: number): Command | null {
    const command = this.#queuedIds.includes(id) ? this.read(id) : null;
    if (command === null) return null;
    if (command.sentAt === null) return this.#settled({ ...command, state, outcome, completedAt: now });
    return this.#settled({ ...command, state: "timeout", outcome: { state: "timeout" }, completedAt: now });
  }

  read(id: string): Command | null {
    if (this.#newest?.id === id) return this.#newest;
    const row = this.#hasAny ? this.#store.documentText(keyOf(id)) : undefined;
    return row === undefined ? null : commandOf(row);
  }

  byKey(key: string, now: number): Command | null {
    const id = this.#hasAny ? this.#store.documentText(ofIdempotency(key)) : undefined;
    const command = id === undefined ? null : this.read(id.replaceAll('"', ""));
    if (command === null || command.createdAt > now - KEEP_MS) return command;
    // Or its own end would take the key away from the command that has it next.
    this.#put({ ...command, idempotencyKey: null });
    return null;
  }

  /** Queued commands in their order, which is that of their ids. */
  queued(): readonly Command[] {
    this.#queued ??= this.#queuedIds.flatMap((id) => this.read(id) ?? []);
    return this.#queued;
  }

  /** Whether one more may wait. */
  hasRoomFor(payload: Command["payload"]): boolean {
    const queued = this.queued();
    if (queued.length === 0) return true;
    if (queued.length >= COMMAND_QUEUE_MAX) return false;
    const length = [payload, ...queued.map((command) => command.payload)].reduce(
      (sum, each) => sum + JSON.stringify(each).length,
      0,
    );
    return length <= QUEUED_MAX_LENGTH;
  }

  /** After the clock was set back none waits longer than it ever might. */
  rebase(now: number): void {
    const late = this.queued().filter(
      ({ expiresAt, waitMs = WAIT_MAX_MS }) => expiresAt > now + waitMs + CLOCK_TOLERANCE_MS,
    );
    for (const command of late) this.#put({ ...command, expiresAt: now + (command.waitMs ?? WAIT_MAX_MS) });
    if (late.length > 0) this.#queued = null;
  }

  /** The command that is open, or was when the connection was lost; of the others none is read. */
  sent(): Command[] {
    return [...this.#sentIds()].sort().flatMap((id) => this.read(id) ?? []);
  }

  #sentIds(): Set<string> {
    if (this.#sent !== null) return this.#sent;
    const named = this.#listed.flatMap((entry) => (entry.startsWith(SENT) ? entry.slice(SENT.length) : []));
    const isOld = this.#hasAny && named.length === 0;
    const ids = isOld ? this.#scan() : [...named, this.#lastId() ?? ""].filter((id) => this.#isSent(id));
    this.#sent = new Set(ids);
    if (isOld) this.#queue(this.#queuedIds);
    return this.#sent;
  }

  #isSent(id: string): boolean {
    return id !== "" && this.read(id)?.state === "sent";
  }

  /** All rows; once, where an older release named none. */
  #scan(): string[] {
    const rows = this.#store.run<{ key: string }>(
      `SELECT key FROM facts WHERE ${ALL} AND ${DOCUMENT} ->> 'state' = 'sent'`,
    );
    return rows.map(({ key }) => key.slice(keyOf("").length));
  }

  #lastId(): string | null {
    if (this.#last === undefined) {
      const [row] = this.#hasAny
        ? this.#store.run<{ key: string }>(`SELECT key FROM facts WHERE ${ALL} ORDER BY key DESC LIMIT 1`)
        : [];
      this.#last = row === undefined ? null : row.key.slice(keyOf("").length);
    }
    return this.#last;
  }

  /** Newest first, read one by one. @param before the id of the last one that is not wanted; `null`: all are */
  *newest(before: string | null, limit: number): Generator<Command> {
    if (!this.#hasAny) return;
    const rows = this.#store.each<{ value: string }>(
      "SELECT value FROM facts WHERE key > '~command:' AND key < ?1 ORDER BY key DESC LIMIT ?2",
      before === null ? "~command;" : keyOf(before),
      limit,
    );
    for (const { value } of rows) {
      const command = commandOf(value);
      if (command !== null) yield command;
    }
  }

  get #hasAny(): boolean {
    return this.#store.fact("queue") !== undefined;
  }

  get #listed(): readonly string[] {
    return this.#store.fact("queue") ?? [];
  }

  get #queuedIds(): readonly string[] {
    return this.#listed.filter((entry) => !entry.startsWith(SENT));
  }

  #put(command: Command): void {
    // Before the row is written: afterwards it could be the one that is not found.
    const sent = this.#sentIds();
    const bytes = bytesOf(command);
    // Answered it is not sent again, and only the answer is shown.
    const isTooLarge = bytes > ROW_MAX_BYTES && command.outcome !== null;
    this.#store.setDocument(keyOf(command.id), isTooLarge ? { ...command, payload: {} } : command);
    this.#bytes += bytes;
    this.#newest = command;
    if (command.state === "sent") sent.add(command.id);
    else sent.delete(command.id);
  }

  #queue(ids: readonly string[]): void {
    this.#queued = null;
    const sent = [...this.#sentIds()];
    this.#store.setFact("queue", [...(sent.length > 0 ? sent : [""]).map((id) => SENT + id), ...ids]);
  }

  #unqueue(id: string): void {
    if (this.#queuedIds.includes(id)) this.#queue(this.#queuedIds.filter((each) => each !== id));
  }

  #settled(ended: Command): Command {
    const command = withoutSecret(ended);
    this.#put(command);
    this.#unqueue(command.id);
    return command;
  }

  #counted(): number {
    if (!this.#hasAny) return 0;
    if (this.#count === null) {
      const [row] = this.#store.run<{ count: number; bytes: number }>(
        `SELECT count(*) AS count, total(octet_length(value)) AS bytes FROM facts WHERE ${ALL}`,
      );
      this.#count = row?.count ?? 0;
      this.#bytes = row?.bytes ?? 0;
    }
    return this.#count;
  }
}
