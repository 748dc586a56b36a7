/**
 * What a station's log knows of `ocpp.security` events. Must not know who reports them.
 */
import type { Store } from "./store.ts";

/** ms since the epoch of the newest of a kind since `from` that is in the log; `null`: none is. Its data begins with its kind. */
export function lastSecurityAt(store: Store, kind: string, from: number): number | null {
  const beginning = `{"kind":${JSON.stringify(kind)}`;
  const [row] = store.run<{ at: number | null }>(
    "SELECT max(at) AS at FROM log WHERE type = 'ocpp.security' AND at >= ?1 AND substr(data, 1, length(?2)) = ?2",
    from,
    beginning,
  );
  return row?.at ?? null;
}
