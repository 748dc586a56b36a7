/**
 * What the directory learns of one station: a whole snapshot at each transition, so that a lost or late one is mended
 * by the next. Must not know the queue or D1.
 */

export interface Transition {
  stationId: string;
  /** ms since the epoch; says nothing of the order, since a clock may be set back. */
  at: number;
  /** Of the registration; absent in what an older release sent. */
  incarnation?: string;
  /** The log's head, then what changed without an event: orders the snapshots of one station. */
  sequence: number;
  revision?: number;
  /** `null`: deregistered, as an older release said it. */
  station: StationSnapshot | null;
}

export interface StationSnapshot {
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
  /** Events that the worst served webhook was not given, since its last replay; absent in what an older release sent. */
  deadLetters?: number;
}

/** Of each registration the newest, in whatever order they came. */
export function newestOfEach(transitions: readonly Transition[]): Transition[] {
  const inOrder = transitions.toSorted((a, b) => a.sequence - b.sequence || (a.revision ?? 0) - (b.revision ?? 0));
  const newest = new Map(inOrder.map((each) => [`${each.stationId}/${each.incarnation ?? ""}`, each]));
  return [...newest.values()];
}

/** A call to every station in trouble behind `after`, in the order of their ids, to deliver at once. */
export interface ReplayPage {
  replayAfter: string;
  /** After those that are known to be in trouble the connected ones: what a crash took is known to nobody. */
  among?: "online";
  /** Names the replay: an isolate asks for the list of webhooks once for it. Absent in pages of older releases. */
  order?: string;
}

/** What travels on the queue TRANSITIONS. */
export type FleetMessage = Transition | ReplayPage;
