/**
 * Bounds on how long something is waited for. Must not know what it is, nor stop it.
 */

/** ms that a process which lagged has to read what came in time. */
const CATCH_UP_MS = 50;

/** @param late is called once `ms` are over. @returns ends the wait */
export function whenLate(ms: number, late: () => void): () => void {
  let timer = setTimeout(() => {
    // A process that stood still sees that the time is over before it reads what came meanwhile: its own lag is not the peer's.
    timer = setTimeout(late, CATCH_UP_MS);
  }, ms);
  return () => clearTimeout(timer);
}

/** @throws once `ms` are over, or as the work does */
export async function inTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = whenLate(ms, () => reject(new Error(`${what} took more than ${ms} ms`)));
  try {
    return await Promise.race([work, promise]);
  } finally {
    end();
  }
}
