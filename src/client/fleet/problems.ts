/**
 * What goes wrong in the fleet, as Kerbside answers it. Must not know how requests travel.
 */

export interface RefusalGroup {
  reason: string;
  stations: number;
  /** Refusals of all of them together. */
  count: number;
  /** Ten at most; `at`: of the last, `count` since it was connected last, or was seen first. */
  newest: { stationId: string; at: string; count: number; since: string }[];
}

export interface FleetProblems {
  /** Of registered stations. */
  refusals: RefusalGroup[];
  /** Of identities that nobody registered. */
  newcomers: RefusalGroup[];
  /** Newest first. */
  securityEvents: { stationId: string; at: string; kind: string; detail: Record<string, string> }[];
}
