/**
 * Usage of a month times prices. Must not know what was used for what.
 */
import { BASE_DOLLARS, type Component, LOGS_BY_VOLUME, PRICES } from "./prices.ts";

export type Usage = Record<Component, number>;

export const COMPONENTS = Object.keys(PRICES) as Component[];

export interface Line {
  component: Component;
  used: number;
  /** Beyond what the plan includes. */
  billed: number;
  dollars: number;
}

export interface Bill {
  lines: Line[];
  base: number;
  total: number;
}

/** @param withIncluded false where something else of the account uses up what the plan includes */
export function billOf(usage: Usage, withIncluded = true): Bill {
  const lines = COMPONENTS.map((component): Line => {
    const { included } = PRICES[component];
    const billed = Math.max(0, usage[component] - (withIncluded ? included : 0));
    return { component, used: usage[component], billed, dollars: dollarsOf(component, billed) };
  });
  return { lines, base: BASE_DOLLARS, total: lines.reduce((sum, { dollars }) => sum + dollars, BASE_DOLLARS) };
}

/** Of units that are all billed. */
export function dollarsOf(component: Component, units: number): number {
  const { dollars, per } = PRICES[component];
  return (units / per) * dollars;
}

/** What a month's log events will cost once volume is what counts. */
export function logsByVolume(events: number, bytesPerEvent: number): number {
  const { ingested, stored } = LOGS_BY_VOLUME;
  const gb = (events * bytesPerEvent) / 1e9;
  const gbMonth = (gb * stored.retentionDays) / 30;
  return (
    Math.max(0, gb - ingested.includedGb) * ingested.dollarsPerGb +
    Math.max(0, gbMonth - stored.includedGbMonth) * stored.dollarsPerGbMonth
  );
}
