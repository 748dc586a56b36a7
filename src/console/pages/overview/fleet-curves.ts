/**
 * The fleet's series as curves to look at: which of them stand together, what each comes to, in which colour. Must not know how they
 * are drawn.
 */
import type { Series, SeriesPage } from "../../../client/fleet/series.ts";
import { href } from "../../data/route.ts";
import type { Line } from "../../parts/curve.tsx";
import { added, barsOf, barTimes, lastOf, stepsOf, sumOf, totalOf, type Values } from "./series-sums.ts";

/** Security profiles that stand in one column. */
export interface Column {
  key: string;
  title: string;
  profiles: readonly number[];
}

export interface CurvePlan {
  title: string;
  /** Absent: it is of all. */
  column?: Column;
  times: readonly number[];
  lines: readonly Line[];
  max: number;
}

export interface CurveRow {
  key: string;
  title: string;
  /** One for each column. */
  curves: readonly CurvePlan[];
}

export const TLS: Column = { key: "tls", title: "TLS", profiles: [2] };
export const MTLS: Column = { key: "mtls", title: "mTLS", profiles: [3] };
/** Of a fleet that has such stations alone. */
export const LOWER: Column = { key: "lower", title: "Basic, no proof", profiles: [0, 1] };

/** Lines of one curve; what is beyond them is summed. */
const LINES_MAX = 4;
const PALETTE = ["--line-1", "--line-2", "--line-3", "--line-4"];
const STATE_TOKENS: Readonly<Record<string, string>> = {
  result: "--good",
  error: "--bad",
  timeout: "--warn",
  expired: "--line-2",
  cancelled: "--muted",
};
const OUTCOME_TOKENS: Readonly<Record<string, string>> = { delivered: "--good" };
const PROFILE_LINES: Readonly<Record<number, string>> = { 0: "no proof", 1: "Basic", 2: "online", 3: "online" };
const MINUTE_S = 60;

type To = (value: string | undefined) => string | undefined;

export function profileRows(page: SeriesPage, columns: readonly Column[]): CurveRow[] {
  const steps = stepsOf(page);
  const times = barTimes(steps);
  const of = (name: Series["name"], { profiles }: Column) =>
    page.series.filter((each) => each.name === name && profiles.includes(Number(each.labels.securityProfile)));
  const only = ({ profiles }: Column) => (profiles.length === 1 ? profiles[0] : undefined);
  const bars = (name: Series["name"], label: string, column: Column, to: To, tokens = {}) =>
    grouped(of(name, column), page, label, to, tokens);
  return [
    row("online", "Online", columns, steps.times, (column) =>
      column.profiles.map((profile): Line => {
        const found = of("online", column).filter(({ labels }) => labels.securityProfile === String(profile));
        const values = sumOf(found, page);
        const to = href(["stations"], { online: true, securityProfile: profile });
        const kind = column.profiles.length === 1 ? "area" : "line";
        return line(PROFILE_LINES[profile] ?? "", `--profile-${profile}`, kind, values, lastOf(values), to);
      }),
    ),
    row("disconnects", "Disconnects, by reason, under connects", columns, times, (column) => {
      const connects = barsOf(sumOf(of("connects", column), page), steps);
      const to = href(["stations"], { online: true, securityProfile: only(column), sort: "changed" });
      return [
        ...bars("disconnects", "reason", column, (reason) =>
          href(["stations"], { online: false, securityProfile: only(column), offlineKind: reason, sort: "changed" }),
        ),
        line("connects", "--good", "line", connects, totalOf(connects), to),
      ];
    }),
    row("refusals", "Refused connections, by reason", columns, times, (column) =>
      bars("refusals", "reason", column, () => href(["problems"])),
    ),
    row("commands", "Commands that ended, by state", columns, times, (column) =>
      bars("commands", "state", column, () => href(["audit"]), STATE_TOKENS),
    ),
  ];
}

/** Of the fleet as a whole: events belong to a webhook, not to a profile. */
export function fleetCurves(page: SeriesPage): CurvePlan[] {
  const steps = stepsOf(page);
  const undelivered = href(["stations"], { undelivered: true });
  const standing = (name: Series["name"]) =>
    sumOf(
      page.series.filter((each) => each.name === name),
      page,
    );
  const [events, dead] = [standing("undeliveredEvents"), standing("deadLetters")];
  const oldest = standing("oldestUndeliveredSeconds").map((value) => (value === null ? null : value / MINUTE_S));
  const outcomes = page.series.filter(({ name }) => name === "deliveries");
  return [
    plan("Events that wait", steps.times, [
      line("waiting", "--warn", "area", events, lastOf(events), undelivered),
      line("given up", "--bad", "line", dead, lastOf(dead), href(["webhooks"])),
    ]),
    plan("Oldest undelivered, in minutes", steps.times, [
      line("oldest", "--warn", "area", oldest, Math.round(lastOf(oldest)), undelivered),
    ]),
    plan(
      "Deliveries, by outcome",
      barTimes(steps),
      grouped(outcomes, page, "outcome", () => href(["webhooks"]), OUTCOME_TOKENS),
    ),
  ];
}

function row(
  key: string,
  title: string,
  columns: readonly Column[],
  times: readonly number[],
  linesOf: (column: Column) => Line[],
): CurveRow {
  const plans = columns.map((column) => ({ ...plan(`${title}: ${column.title}`, times, linesOf(column)), column }));
  // Compared by eye; the others have a scale of their own: they are few.
  const both = Math.max(...plans.filter(({ column }) => column !== LOWER).map(({ max }) => max));
  return { key, title, curves: plans.map((each) => (each.column === LOWER ? each : { ...each, max: both })) };
}

const plan = (title: string, times: readonly number[], lines: readonly Line[]): CurvePlan => ({
  ...{ title, times, lines },
  max: Math.max(
    highest(added(lines.filter(({ kind }) => kind === "bar").map(({ values }) => values))),
    ...lines.map(({ values }) => highest(values)),
  ),
});

const highest = (values: Values): number => values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);

const line = (
  label: string,
  token: string,
  kind: Line["kind"],
  values: Values,
  figure: number,
  to: string | undefined,
): Line => ({ label, token, kind, values, figure, to });

/** As bars, the largest first: what they are called comes from stations and receivers, too. */
function grouped(
  found: readonly Series[],
  page: SeriesPage,
  label: string,
  to: To,
  tokens: Readonly<Record<string, string>>,
): Line[] {
  const steps = stepsOf(page);
  const groups = Array.from(
    Map.groupBy(found, ({ labels }) => labels[label] ?? ""),
    ([value, series]) => ({ value, values: barsOf(sumOf(series, page), steps) }),
  )
    .map((group) => ({ ...group, figure: totalOf(group.values) }))
    .filter(({ figure }) => figure > 0)
    .sort((a, b) => b.figure - a.figure);
  const shown = groups.slice(0, groups.length > LINES_MAX ? LINES_MAX - 1 : LINES_MAX);
  const rest = groups.slice(shown.length);
  const lines = shown.map(({ value, values, figure }, index) =>
    line(value.replaceAll("-", " "), tokens[value] ?? PALETTE[index] ?? "--muted", "bar", values, figure, to(value)),
  );
  if (rest.length === 0) return lines;
  const figure = rest.reduce((sum, each) => sum + each.figure, 0);
  const values = added(rest.map((each) => each.values));
  return [...lines, line(`${rest.length} others`, "--muted", "bar", values, figure, to(undefined))];
}
