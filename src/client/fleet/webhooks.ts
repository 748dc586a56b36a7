/**
 * What is known of a webhook, as Kerbside answers it: its replay, its deliveries, what is stuck. Must not know how requests travel.
 */

export interface ReplayQuery {
  /** ISO 8601: all that is kept from then on is sent again, delivered or not. */
  since?: string;
}

export interface Replay {
  webhook: string;
  /** `null`: it was never replayed. */
  replay: {
    startedAt: string;
    /** `null`: it is under way. */
    finishedAt: string | null;
    /** `null`: what was not delivered. */
    since: string | null;
    /** That were asked to send, and in all, as it looked when it began. */
    stations: { asked: number; toAsk: number };
  } | null;
}

export interface Deliveries {
  webhook: string;
  /** `delivered`, `failed`, `refused` */
  outcomes: Record<string, number>;
  /** Deliveries that took at most so many seconds, each with those before it; `+Inf`: all. */
  withinSeconds: Record<string, number>;
  totalSeconds: number;
}

export interface StuckStation {
  stationId: string;
  /** That wait for this webhook; `null`: the station's object gave no answer. */
  events: number | null;
  oldest: string | null;
  /** Attempts that failed in a row. */
  failures: number | null;
  /** Why the last of them did, where that is known. */
  failure: string | null;
  retryAt: string | null;
  deadLetters: number | null;
}

export interface StuckPage {
  stations: StuckStation[];
  cursor: string | null;
}
