/**
 * What goes wrong in the fleet, as it is told, and of several directories as one. Must not know where it is kept.
 */

export interface ProblemCase {
  stationId: string;
  /** When it was refused last. */
  at: string;
  /** How often since it was connected last, or was seen first. */
  count: number;
  since: string;
}

export interface ProblemGroup {
  reason: string;
  stations: number;
  count: number;
  newest: ProblemCase[];
}

export interface ReportedEvent {
  stationId: string;
  at: string;
  kind: string;
  detail: Record<string, string>;
}

export interface FleetProblems {
  /** Of registered stations, as the next by reason: those that were refused last first. */
  refusals: ProblemGroup[];
  newcomers: ProblemGroup[];
  /** Newest first. */
  securityEvents: ReportedEvent[];
}

/** @param limit of the reports, and @param cases of one reason that are shown */
export function mergeProblems(all: readonly FleetProblems[], limit: number, cases = 10): FleetProblems {
  return {
    refusals: mergeGroups(
      all.flatMap(({ refusals }) => refusals),
      cases,
    ),
    newcomers: mergeGroups(
      all.flatMap(({ newcomers }) => newcomers),
      cases,
    ),
    securityEvents: newestFirst(all.flatMap(({ securityEvents }) => securityEvents)).slice(0, limit),
  };
}

const newestFirst = <T extends { at: string }>(entries: readonly T[]): T[] =>
  entries.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));

function mergeGroups(groups: readonly ProblemGroup[], cases: number): ProblemGroup[] {
  const byReason = new Map<string, ProblemGroup>();
  for (const { reason, stations, count, newest } of groups) {
    const known = byReason.get(reason);
    byReason.set(reason, {
      reason,
      stations: stations + (known?.stations ?? 0),
      count: count + (known?.count ?? 0),
      newest: newestFirst([...(known?.newest ?? []), ...newest]).slice(0, cases),
    });
  }
  return [...byReason.values()].sort((a, b) => ((a.newest[0]?.at ?? "") < (b.newest[0]?.at ?? "") ? 1 : -1));
}
