/**
 * A bound on how long something is waited for. Must not know what it is, nor stop it.
 */

/** @throws once `ms` are over, or as the work does */
export async function inTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} took more than ${ms} ms`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
