/**
 * The broker's API as a backend calls it: by the client of the package. Must not know what is called for.
 */
import { Kerbside, KerbsideProblem } from "../../src/client/kerbside.ts";

const TIMEOUT_MS = 10_000;

export interface ClientSettings {
  /** Headers of every request, asked for at each. */
  always?: () => Record<string, string>;
  timeoutMs?: number;
  /** 0 where whoever asks counts each attempt. */
  retries?: number;
}

export const kerbsideAt = (url: string, key: string, settings: ClientSettings = {}): Kerbside => {
  const { always = () => ({}), timeoutMs = TIMEOUT_MS, ...more } = settings;
  return new Kerbside({
    ...{ url, key, timeoutMs, ...more },
    fetch: (input, init) => fetch(input, { ...init, headers: { ...(init.headers as object), ...always() } }),
  });
};

/** What became of a request: its answer, the status that refused it, or nothing, and then nobody knows. */
export type Asked<T> = { kind: "answer"; value: T } | { kind: "refused"; status: number } | { kind: "lost" };

export const outcomeOf = <T>(asked: Promise<T>): Promise<Asked<T>> =>
  asked.then(
    (value): Asked<T> => ({ kind: "answer", value }),
    (error: unknown) =>
      error instanceof KerbsideProblem ? { kind: "refused", status: error.status } : { kind: "lost" },
  );

/** Does `work` for every item, a bounded number at once. */
export async function forEach<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
