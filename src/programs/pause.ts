/**
 * Waiting that can be called off. Must not know what is waited for.
 */

/** `false`: called off. Unlike the one of node:timers/promises it does not throw, and leaves no listener behind. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  if (signal.aborted) return Promise.resolve(false);
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", callOff);
    resolve(true);
  }, ms);
  const callOff = () => {
    clearTimeout(timer);
    resolve(false);
  };
  signal.addEventListener("abort", callOff, { once: true });
  return promise;
}

/** `work` for each item, at most `atOnce` of them under way; the first failure ends it. */
export async function forEach<T>(items: Iterable<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  let hasFailed = false;
  const lane = async () => {
    for (let next = rest.next(); !next.done && !hasFailed; next = rest.next()) {
      try {
        await work(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
