/**
 * How the fleet stood over time, as Kerbside answers it. Must not know how requests travel.
 */
export interface SeriesSpan {
  /** ISO 8601 (a day before `to`). */
  from?: string;
  /** (now) */
  to?: string;
}

/** As it stood at each step. */
export type StandingName =
  | "online"
  | "offline"
  | "undeliveredStations"
  | "undeliveredEvents"
  | "oldestUndeliveredSeconds"
  | "deadLetters";
/** What was counted in each step; of `deliverySeconds` the mean. */
export type CountedName = "connects" | "disconnects" | "refusals" | "commands" | "deliveries" | "deliverySeconds";

export interface Series {
  name: StandingName | CountedName;
  labels: Record<string, string>;
  /** Of each step; `null`: no sample was taken there. */
  values: (number | null)[];
}

export interface SeriesPage {
  /** Of the first value of each series; the next is `stepSeconds` later. */
  from: string;
  to: string;
  /** 60 or 3,600 */
  stepSeconds: number;
  series: Series[];
}
