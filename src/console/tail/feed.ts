/**
 * The live tail as it stands: open, broken and opened again, or closed and why. Must not know rows, nor how any of it is shown.
 */
import type { LiveMessage, LiveOptions } from "../../client/live.ts";
import { KerbsideProblem } from "../../client/problem.ts";

export type Standing =
  | { kind: "opening" }
  | { kind: "open" }
  /** It is opened again by itself, behind the last message. */
  | { kind: "broken"; since: number; reason: string }
  | { kind: "closed"; since: number; reason: string; mayReopen: boolean };

export interface FeedSource {
  live(options: LiveOptions): AsyncIterable<LiveMessage>;
  /** Asks the API for what the tail is made of: a browser does not tell why a WebSocket was refused. @throws what it says */
  probe(signal: AbortSignal): Promise<unknown>;
}

export interface FeedListener {
  onMessage(message: LiveMessage): void;
  onStanding(standing: Standing): void;
}

/** [RFC 6455 §7.4] In words, for who reads it. */
const CODES: Readonly<Record<number, string>> = {
  1001: "the edge went away",
  1006: "the line broke",
  1008: "the edge ended it",
  1009: "a message was too large",
  1011: "the edge failed",
  1012: "the edge is restarted",
  1013: "this page read too slowly",
};
/** Of an object that was moved or updated; the tail is opened again behind its cursor. */
const NO_REASON = "the line broke";
/** [docs/history.md] The sixth is refused, which a browser does not tell from a line that broke. */
const CROWDED = "where five others watch this station already, it opens when one of them leaves";
const GONE = "This station was deregistered.";

export class Feed {
  readonly #source: FeedSource;
  readonly #listener: FeedListener;
  readonly #now: () => number;
  #run: AbortController | null = null;
  #cursor: string | number | undefined;
  #wasOpen = false;
  /** ms since the epoch: of the first break since it was open. A try that fails is none of its own. */
  #brokenSince: number | null = null;

  constructor(source: FeedSource, listener: FeedListener, now: () => number = Date.now) {
    this.#source = source;
    this.#listener = listener;
    this.#now = now;
  }

  /** @param after a sequence, or a cursor; unsaid, it goes on where it was */
  start(after?: string | number): void {
    this.stop();
    this.#cursor = after ?? this.#cursor;
    const run = new AbortController();
    this.#run = run;
    this.#listener.onStanding({ kind: "opening" });
    void this.#read(run);
  }

  /** Its socket is closed. */
  stop(): void {
    this.#run?.abort();
    this.#run = null;
  }

  async #read(run: AbortController): Promise<void> {
    const { signal } = run;
    try {
      const messages = this.#source.live({
        ...(this.#cursor !== undefined && { after: this.#cursor }),
        signal,
        onBreak: ({ code, reason }) => this.#broke(run, code, reason),
      });
      for await (const message of messages) {
        if (signal.aborted) return;
        this.#cursor = message.cursor;
        this.#listener.onMessage(message);
        if (!("live" in message)) continue;
        this.#wasOpen = true;
        this.#brokenSince = null;
        this.#listener.onStanding({ kind: "open" });
      }
      if (!signal.aborted) this.#close(run, GONE, false);
    } catch {
      if (!signal.aborted) this.#close(run, `The live tail could not be opened: ${this.#guess()}.`, true);
    }
  }

  #broke(run: AbortController, code: number, reason: string): void {
    if (run.signal.aborted) return;
    const words = CODES[code] ?? NO_REASON;
    const said = reason === "" || words.includes(reason) ? words : `${words}: ${reason}`;
    this.#brokenSince ??= this.#now();
    this.#listener.onStanding({ kind: "broken", since: this.#brokenSince, reason: said });
    void this.#ask(run, said);
  }

  /** What the API refuses it refuses again; all else may pass. */
  async #ask(run: AbortController, words: string): Promise<void> {
    try {
      await this.#source.probe(run.signal);
      if (run.signal.aborted || this.#wasOpen) return;
      const since = this.#brokenSince ?? this.#now();
      this.#listener.onStanding({ kind: "broken", since, reason: `${words}; ${CROWDED}` });
    } catch (error) {
      if (run.signal.aborted || !(error instanceof KerbsideProblem)) return;
      if (error.status === 429 || error.status < 400 || error.status >= 500) return;
      this.#close(run, error.slug === "station-not-found" ? GONE : error.detail || error.title, false);
    }
  }

  #close(run: AbortController, reason: string, mayReopen: boolean): void {
    run.abort();
    this.#listener.onStanding({ kind: "closed", since: this.#now(), reason, mayReopen });
  }

  #guess(): string {
    return this.#wasOpen ? "the edge does not answer" : `the edge does not answer, or refuses it: ${CROWDED}`;
  }
}
