/**
 * A moment: how long ago in words that move, in the reader's zone and in UTC when it is pointed at. Must not know what happened then.
 */
import { now } from "../data/clock.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @param ms between; behind now where it is positive */
export function ago(ms: number): string {
  const away = Math.abs(ms);
  const words = duration(away);
  if (away < 2 * SECOND_MS) return "just now";
  return ms > 0 ? `${words} ago` : `in ${words}`;
}

/** "3 min": the two largest units are too many for a column. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < 100 * MINUTE_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 36 * HOUR_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} d`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const LOCAL = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
/** "22:14:03" of today, in the reader's zone. */
export const clockTime = (at: number): string => CLOCK.format(at);
export const localTime = (at: number): string => LOCAL.format(at);
/** Both, for who points at it. */
export const fullTime = (at: number): string =>
  `${localTime(at)} local\n${new Date(at).toISOString().replace("T", " ").slice(0, 19)} UTC`;

/** @param at ms since the epoch, or ISO 8601; `null`: never */
export function Time({
  at,
  form = "ago",
}: {
  at: string | number | null | undefined;
  form?: "ago" | "clock" | "local";
}) {
  if (at === null || at === undefined) return <span class="muted">–</span>;
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <span class="muted">{String(at)}</span>;
  return (
    <time class="number" dateTime={new Date(ms).toISOString()} title={fullTime(ms)}>
      {form === "ago" ? <Ago at={ms} /> : form === "clock" ? clockTime(ms) : localTime(ms)}
    </time>
  );
}

/** Apart: it alone is drawn anew as time goes. */
const Ago = ({ at }: { at: number }) => <>{ago(now.value - at)}</>;
