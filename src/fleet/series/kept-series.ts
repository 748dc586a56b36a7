/**
 * The fleet's series in D1: a sample each minute for a day and each hour for a month. Must not know who asks for it, and asks no
 * station.
 */
import { parseJson } from "../../json.ts";
import { backlogOf, type ProfileBacklog, readBacklog } from "../backlog.ts";
import { cellsOf, readCells } from "../fleet-sums.ts";
import { countersOf, readCounters } from "../metrics/counters.ts";
import { isSample, sampleOf } from "./sample.ts";
import { type Span, seriesOver, type TakenSample } from "./series.ts";
import { HOURS, MINUTES } from "./kept-steps.ts";
import type { SeriesPage } from "./series-page.ts";

/** The first one in a step is it, whatever comes after. By the clock, each minute. */
export async function takeSample(directory: D1Database, now: number): Promise<void> {
  const [cells, backlog, counters] = await directory.batch([
    readCells(directory),
    readBacklog(directory),
    readCounters(directory),
  ]);
  const sample = sampleOf(
    cellsOf(cells as D1Result),
    backlogOf((backlog as D1Result<ProfileBacklog>).results),
    countersOf((counters as D1Result<{ sums: string }>).results),
  );
  const text = JSON.stringify(sample);
  await directory.batch(
    [MINUTES, HOURS].flatMap(({ stepMs, keptMs }) => {
      const step = stepMs / 1000;
      return [
        directory
          .prepare("INSERT INTO series VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
          .bind(step, startOf(now, stepMs), text),
        // One more than are shown: what was counted in the first step is told by the one before.
        directory.prepare("DELETE FROM series WHERE step = ?1 AND at < ?2").bind(step, now - keptMs - 2 * stepMs),
      ];
    }),
  );
}

export interface AskedSpan {
  /** ms since the epoch; `null`: a day before `to`. */
  from: number | null;
  /** `null`: now. */
  to: number | null;
}

/** ms that are shown where nothing is asked for. */
const DEFAULT_SPAN_MS = 86_400_000;

/** Minutes where the whole span has them, else hours; no more than is kept. `null`: it ends before it begins. */
export function spanOf({ from, to }: AskedSpan, now: number): Span | null {
  const end = Math.min(to ?? now, now);
  const begin = Math.max(from ?? end - DEFAULT_SPAN_MS, now - HOURS.keptMs);
  if (begin > end) return null;
  const { stepMs } = begin >= now - MINUTES.keptMs - MINUTES.stepMs ? MINUTES : HOURS;
  return { from: startOf(begin, stepMs), to: startOf(end, stepMs), stepMs };
}

export async function readSeriesOver(directory: D1Database, span: Span): Promise<SeriesPage> {
  const { from, to, stepMs } = span;
  const { results } = await directory
    .prepare("SELECT at, sample FROM series WHERE step = ?1 AND at >= ?2 AND at <= ?3 ORDER BY at")
    .bind(stepMs / 1000, from - stepMs, to)
    .all<{ at: number; sample: string }>();
  const taken = results.flatMap(({ at, sample }): TakenSample[] => {
    const read = parseJson<unknown>(sample);
    return isSample(read) ? [{ at, sample: read }] : [];
  });
  return seriesOver(span, taken);
}

const startOf = (at: number, stepMs: number): number => at - (at % stepMs);
