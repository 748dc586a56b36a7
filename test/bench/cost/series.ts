/**
 * What the fleet's series use in a month, whatever the fleet does: a sample by the clock. Must not know prices.
 */
import { HOURS, MINUTES } from "../../../src/fleet/series/kept-steps.ts";

const MONTH_MS = 30 * 86_400_000;
/** Written, and deleted when its time is over. */
const ROWS_A_SAMPLE = 2;
/** Sums of the fleet, and the counters: a few dozen. Of stations in trouble one each, up to 10,000. */
const ROWS_READ = 100;
/** ms of a minute's turn, D1's answers not among it. */
const CPU_MS = 5;

const samples = MONTH_MS / MINUTES.stepMs;
export const SERIES = {
  workerRequests: samples,
  cpuMs: samples * CPU_MS,
  directoryRowsWritten: [MINUTES, HOURS].reduce((sum, { stepMs }) => sum + (MONTH_MS / stepMs) * ROWS_A_SAMPLE, 0),
  directoryRowsRead: samples * ROWS_READ,
} as const;
