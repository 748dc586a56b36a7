/**
 * Series of the fleet on one axis of time, as they are answered. Must not know how they are made.
 */
export const SERIES_NAMES = [
  "online",
  "offline",
  "undeliveredStations",
  "undeliveredEvents",
  "oldestUndeliveredSeconds",
  "deadLetters",
  "connects",
  "disconnects",
  "refusals",
  "commands",
  "deliveries",
  "deliverySeconds",
] as const;
export type SeriesName = (typeof SERIES_NAMES)[number];

export interface Series {
  name: SeriesName;
  labels: Record<string, string>;
  /** Of each step; `null`: no sample was taken there. */
  values: (number | null)[];
}

export interface SeriesPage {
  /** Of the first value; the next is `stepSeconds` later. */
  from: string;
  to: string;
  stepSeconds: number;
  series: Series[];
}
