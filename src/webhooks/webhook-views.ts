/**
 * What is told of a webhook: its replay, its deliveries, what is stuck. Must not know where that comes from.
 */
export interface ReplayView {
  startedAt: string;
  /** `null`: it is under way. */
  finishedAt: string | null;
  since: string | null;
  stations: { asked: number; toAsk: number };
}

export interface WebhookDeliveries {
  /** Since it was counted first. */
  outcomes: Record<string, number>;
  /** Deliveries that took at most so many seconds, each with those before it; `+Inf`: all. */
  withinSeconds: Record<string, number>;
  /** Of all deliveries together. */
  totalSeconds: number;
}

export interface StuckStation {
  stationId: string;
  /** That wait for this webhook; `null`, as the next: its object gave no answer. */
  events: number | null;
  oldest: string | null;
  /** Attempts that failed in a row. */
  failures: number | null;
  /** Why the last of them did. */
  failure: string | null;
  retryAt: string | null;
  deadLetters: number | null;
}

export interface StuckPage {
  stations: StuckStation[];
  /** The last that was looked at; `null`: nothing is behind it. A page may be short. */
  cursor: string | null;
}
