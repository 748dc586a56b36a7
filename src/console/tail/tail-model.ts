/**
 * The live tail of one station as a page has it: the log before it, then each frame as it comes, drawn so often and no more. Must not
 * know how it is drawn.
 */
import { signal } from "@preact/signals";
import type { MessageQuery } from "../../client/history-views.ts";
import type { LiveMessage } from "../../client/live.ts";
import type { Station } from "../../client/station.ts";
import { failureOf } from "../data/failure.ts";
import { Beat } from "./beat.ts";
import type { Entry } from "./entry-row.ts";
import { Feed, type Standing } from "./feed.ts";
import type { Row } from "./row.ts";
import { Rows } from "./rows.ts";
import { type Transaction, Transactions } from "./transactions.ts";

/** What of the page may be another now; `line`: the tail's own broke, or is there again, and with it perhaps the edge. */
export type Hint = "station" | "connections" | "commands" | "line";

/** Events of the log at the start: as many as it keeps. */
const FIRST_MAX = 200;
/** Older ones at once. */
const OLDER_MAX = 100;
/** Of messages from the station: they change what its view shows. */
const TELLING = new Set([
  "BootNotification",
  "StatusNotification",
  "TransactionEvent",
  "StartTransaction",
  "StopTransaction",
  "FirmwareStatusNotification",
]);

export class TailModel {
  readonly rows = new Rows((row) => this.#settled(row));
  /** Changes with each drawing. */
  readonly drawn = signal(0);
  readonly standing = signal<Standing>({ kind: "opening" });
  /** Transactions, as far as the log tells of them: the same list for as long as they are the same. */
  readonly running = signal<readonly Transaction[]>([]);
  readonly older = signal<"more" | "loading" | "none" | "failed">("more");
  readonly #transactions = new Transactions();
  readonly #station: Station;
  readonly #onHint: (hint: Hint) => void;
  readonly #feed: Feed;
  readonly #beat = new Beat(() => {
    this.drawn.value++;
    this.running.value = this.#transactions.running();
  });
  #isStarted = false;
  #isOver = false;

  constructor(station: Station, onHint: (hint: Hint) => void) {
    this.#station = station;
    this.#onHint = onHint;
    this.#feed = new Feed(
      { live: (options) => station.live(options), probe: () => this.#page({ limit: 1 }) },
      {
        onMessage: (message) => this.#take(message),
        onStanding: (standing) => {
          const wasBroken = this.standing.peek().kind === "broken";
          this.standing.value = standing;
          if (standing.kind === "closed") this.#hint("station");
          else if (wasBroken !== (standing.kind === "broken")) this.#hint("line");
        },
      },
    );
  }

  /** Also again, behind the last message that came. */
  async start(): Promise<void> {
    if (this.#isStarted) return this.#feed.start();
    this.standing.value = { kind: "opening" };
    try {
      const { messages, cursor } = await this.#page({ limit: FIRST_MAX });
      if (this.#isOver) return;
      this.rows.older(messages);
      if (cursor === null) this.older.value = "none";
      for (const row of this.rows.all) this.#transactions.see(row);
      this.#isStarted = true;
      this.#beat.touch();
      // Behind what is shown: nothing between the two is missed.
      this.#feed.start(Number(messages[0]?.sequence ?? 0));
    } catch (error) {
      if (this.#isOver) return;
      this.standing.value = { kind: "closed", since: Date.now(), reason: failureOf(error).detail, mayReopen: true };
    }
  }

  /** The edge answers again. */
  reopen(): void {
    const standing = this.standing.peek();
    if (standing.kind === "closed" && standing.mayReopen) void this.start();
  }

  stop(): void {
    this.#isOver = true;
    this.#feed.stop();
    this.#beat.stop();
  }

  hold(): void {
    this.rows.hold();
    this.#beat.touch();
  }

  go(): void {
    this.rows.go();
    this.#beat.touch();
  }

  async loadOlder(): Promise<void> {
    const before = this.rows.oldestSequence;
    if (this.older.peek() === "loading" || this.older.peek() === "none" || this.rows.isFull) return;
    this.older.value = "loading";
    try {
      const { messages, cursor } = await this.#page({ limit: OLDER_MAX, before: before ?? undefined });
      if (this.#isOver) return;
      this.rows.older(messages);
      this.older.value = cursor === null ? "none" : "more";
    } catch {
      this.older.value = "failed";
    }
    this.#beat.touch();
  }

  /** What the log knows of a row and its frames do not: who answered, what was let pass, where a fault is. */
  async enrich(row: Row): Promise<void> {
    if (row.sequence === null || row.answeredBy !== null || row.kind !== "call") return;
    try {
      const { messages } = await this.#page({ after: row.sequence - 1, limit: 1 });
      const [entry] = messages;
      if (entry === undefined || entry.sequence !== row.sequence) return;
      this.rows.enrich(row, entry);
      this.#beat.touch();
    } catch {
      // The row is shown without it.
    }
  }

  #take(message: LiveMessage): void {
    this.rows.take(message);
    if ("connection" in message) {
      this.#hint("station");
      this.#hint("connections");
    }
    this.#beat.touch();
  }

  #settled(row: Row): void {
    this.#transactions.see(row);
    if (row.direction === "out") this.#hint("commands");
    else if (TELLING.has(row.action)) this.#hint("station");
  }

  #hint(hint: Hint): void {
    if (!this.#isOver) this.#onHint(hint);
  }

  async #page(query: MessageQuery): Promise<{ messages: Entry[]; cursor: number | null }> {
    const { messages, cursor } = await this.#station.messagesPage(query);
    return { messages: messages as unknown as Entry[], cursor };
  }
}
