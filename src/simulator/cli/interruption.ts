/**
 * The signals that ask a process to end, as one AbortSignal. Must not know what ends by it.
 */

/** A terminal sends SIGINT to the whole group and npm passes it on: the second one must not cut short what the first began. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}
