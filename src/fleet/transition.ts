/**
 * What the directory learns of one station: a whole snapshot at each transition, so that a lost or late one is mended
 * by the next. Must not know the queue or D1.
 */

export interface Transition {
  stationId: string;
  /** ms since the epoch, then the log's head: orders the snapshots of one station. */
  at: number;
  sequence: number;
  /** `null`: deregistered. */
  station: {
    registeredProfile: number;
    labels: Record<string, string>;
    online: boolean;
    /** Of the connection; `null` while offline. */
    protocol: string | null;
    securityProfile: number | null;
    vendor: string | null;
    model: string | null;
    /** Some webhook does not take its events, or has given some up. */
    undelivered: boolean;
  } | null;
}

/** Of each station the newest, in whatever order they came. */
export function newestOfEach(transitions: readonly Transition[]): Transition[] {
  const inOrder = transitions.toSorted((a, b) => a.at - b.at || a.sequence - b.sequence);
  return [...new Map(inOrder.map((transition) => [transition.stationId, transition])).values()];
}

/** A call to every station in trouble behind `after`, in the order of their ids, to deliver at once. */
export interface ReplayPage {
  replayAfter: string;
}

/** What travels on the queue TRANSITIONS. */
export type FleetMessage = Transition | ReplayPage;
