/**
 * Something of the API that a page shows: asked for, asked again while it is looked at, kept when the edge fails, and ended with the
 * page. Must not know what it is.
 */
import { type Signal, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Kerbside } from "../../client/kerbside.ts";
import { isVisible } from "./clock.ts";
import { forget, keyEnded, told } from "./edge.ts";
import { type Failure, failureOf } from "./failure.ts";
import { outageSince } from "./outage.ts";
import { clientOf } from "./session.ts";

export interface Resource<T> {
  /** The last that came; `null`: nothing has. */
  data: T | null;
  /** ms since the epoch, of `data`. */
  at: number | null;
  /** Nothing has come yet, or what was asked for has changed. */
  isLoading: boolean;
  failure: Failure | null;
  /** ms since the epoch; while it fails. */
  failingSince: number | null;
  /** ms since the epoch; `null`: it is not tried by itself any more. */
  nextTryAt: number | null;
  /** Asks at once. */
  reload(): void;
}

export interface ResourceOptions {
  /** ms between two questions (3,000); `null`: it is asked once. */
  everyMs?: number | null;
  /** False: it is not asked at all, and shows nothing. */
  isWanted?: boolean;
  /** What came stays, greyed, where what is asked for changes: another page of the same list, say. */
  keeps?: boolean;
}

const EVERY_MS = 3_000;
/** ms that one question may take. */
const ANSWER_WITHIN_MS = 20_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** Failures in a row, some ten minutes of them, before it waits to be asked for: by hand, or by who comes back to the tab. */
const FAILURES_MAX = 24;

const nothing = { data: null, at: null, failure: null, failingSince: null, nextTryAt: null };
type State<T> = Omit<Resource<T>, "reload">;

/**
 * @param key of what is asked for: another key is another question, and what the old one would have answered is dropped
 * @param ask with a client whose requests end with the question
 */
export function useResource<T>(
  key: string,
  ask: (client: Kerbside, signal: AbortSignal) => Promise<T>,
  { everyMs = EVERY_MS, isWanted = true, keeps = false }: ResourceOptions = {},
): Resource<T> {
  const held = useRef<{ state: Signal<State<T>>; key: string; reload: () => void } | null>(null);
  held.current ??= { state: signal<State<T>>({ ...nothing, isLoading: isWanted }), key, reload: () => {} };
  const { state } = held.current;
  const asking = useRef(ask);
  asking.current = ask;
  if (held.current.key !== key) {
    held.current.key = key;
    // What is shown must never be another's.
    state.value = keeps ? { ...state.peek(), isLoading: true } : { ...nothing, isLoading: isWanted };
  }

  // Not by what asks: what is asked for is what the key says.
  useEffect(() => {
    if (!isWanted) return;
    const run = new Run(state, (client, signal) => asking.current(client, signal), everyMs);
    if (held.current !== null) held.current.reload = () => run.now();
    return () => run.end();
  }, [key, isWanted, everyMs]);

  return { ...state.value, reload: () => held.current?.reload() };
}

/** One question for as long as it is wanted. */
class Run<T> {
  readonly #state: Signal<State<T>>;
  readonly #ask: (client: Kerbside, signal: AbortSignal) => Promise<T>;
  readonly #everyMs: number | null;
  readonly #unfollow: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt: AbortController | null = null;
  #failures = 0;
  #isOver = false;

  constructor(
    state: Signal<State<T>>,
    ask: (client: Kerbside, signal: AbortSignal) => Promise<T>,
    everyMs: number | null,
  ) {
    this.#state = state;
    this.#ask = ask;
    this.#everyMs = everyMs;
    this.#unfollow = isVisible.subscribe((visible) => {
      clearTimeout(this.#timer);
      const { at, failure } = this.#state.peek();
      // Once asked for and answered it stays; a tab that nobody sees asks for nothing.
      if (visible && !(at !== null && everyMs === null && failure === null)) this.now();
    });
  }

  now(): void {
    this.#failures = Math.min(this.#failures, FAILURES_MAX - 1);
    void this.#once();
  }

  end(): void {
    this.#isOver = true;
    this.#unfollow();
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    forget(this);
  }

  async #once(): Promise<void> {
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    const attempt = new AbortController();
    this.#attempt = attempt;
    const signal = AbortSignal.any([attempt.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    let waitMs: number | null;
    try {
      const data = await this.#ask(clientOf(signal), signal);
      if (attempt.signal.aborted) return;
      this.#failures = 0;
      told(this, "answered");
      this.#state.value = { ...nothing, data, at: Date.now(), isLoading: false };
      waitMs = this.#everyMs;
    } catch (error) {
      if (attempt.signal.aborted) return;
      waitMs = this.#failed(failureOf(error));
    }
    if (waitMs === null || this.#isOver || !isVisible.peek()) return;
    this.#timer = setTimeout(() => void this.#once(), waitMs);
  }

  /** @returns ms until it is tried again; `null`: it is not */
  #failed(failure: Failure): number | null {
    const before = this.#state.peek();
    if (failure.kind === "refused") {
      told(this, "answered");
      this.#state.value = { ...nothing, isLoading: false, failure };
      if (failure.status === 401) keyEnded();
      return null;
    }
    const failingSince = before.failingSince ?? outageSince.peek() ?? Date.now();
    const waitMs = ++this.#failures >= FAILURES_MAX ? null : retryMs(this.#failures);
    const nextTryAt = waitMs === null ? null : Date.now() + waitMs;
    told(this, { failingSince });
    this.#state.value = { ...before, isLoading: false, failure, failingSince, nextTryAt };
    return waitMs;
  }
}

/** Half of it is random: many tabs that lost one edge do not come back at once. */
const retryMs = (failures: number): number =>
  Math.min(RETRY_MIN_MS * 2 ** (failures - 1), RETRY_MAX_MS) * (0.5 + Math.random() / 2);
