/**
 * How many connections were refused over the last day, TLS beside mTLS, by reason. Must not know whose they were.
 */
import type { SeriesPage } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { Curve, type Line } from "../../parts/curve.tsx";
import { Shown } from "../../parts/states.tsx";
import { reasonOf } from "./reasons.ts";

const EVERY_MS = 60_000;
const SPAN_S = 3 * 3_600;
/** Reasons that have a colour of their own. */
const TOKENS = ["--bad", "--warn", "--profile-2", "--profile-3"];
const OTHERS = "--muted";

const SIDES = [
  { title: "TLS", profiles: ["2"] },
  { title: "mTLS", profiles: ["3"] },
  { title: "ws://", profiles: ["0", "1"] },
] as const;

export function RefusalCurve() {
  const resource = useResource(
    "refusals",
    (client) => client.series({ from: new Date(Date.now() - SPAN_S * 1000).toISOString() }),
    { everyMs: EVERY_MS },
  );
  return (
    <section class="panel" aria-label="Refusals over time">
      <header>
        <h2>Refusals, last 3 hours</h2>
        <span class="muted small">by door</span>
      </header>
      <div class="body">
        <Shown resource={resource}>{(page) => <Sides page={page} />}</Shown>
      </div>
    </section>
  );
}

function Sides({ page }: { page: SeriesPage }) {
  const all = page.series.filter(({ name }) => name === "refusals");
  const from = Date.parse(page.from) / 1000;
  const to = Math.max(Date.parse(page.to) / 1000, from + SPAN_S);
  const length = Math.round((Date.parse(page.to) / 1000 - from) / page.stepSeconds) + 1;
  const times = Array.from({ length }, (_, place) => from + place * page.stepSeconds);
  const sumOf = (values: readonly (number | null)[]) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const sums = new Map<string, number>();
  for (const { labels, values } of all)
    sums.set(labels.reason ?? "", (sums.get(labels.reason ?? "") ?? 0) + sumOf(values));
  const named = [...sums]
    .filter(([, sum]) => sum > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([reason]) => reason)
    .slice(0, TOKENS.length);
  const sides = SIDES.map(({ title, profiles }) => {
    const own = all.filter(({ labels }) => (profiles as readonly string[]).includes(labels.securityProfile ?? ""));
    const added = (reasons: (reason: string) => boolean) =>
      times.map((_, place) =>
        own
          .filter(({ labels }) => reasons(labels.reason ?? ""))
          .reduce<number | null>((sum, { values }) => {
            const value = values[place] ?? null;
            return value === null ? sum : (sum ?? 0) + value;
          }, null),
      );
    const lineOf = (label: string, token: string, values: (number | null)[]): Line => ({
      ...{ label, token, values, kind: "bar", figure: sumOf(values) },
    });
    const lines = [
      ...named.map((reason, place) =>
        lineOf(
          reasonOf(reason).words,
          TOKENS[place] ?? OTHERS,
          added((each) => each === reason),
        ),
      ),
      lineOf(
        "Other",
        OTHERS,
        added((each) => !named.includes(each)),
      ),
    ];
    return { title, lines: lines.filter(({ figure }) => figure > 0) };
  }).filter(({ title, lines }) => title !== "ws://" || lines.length > 0);
  const most = (lines: readonly Line[]) =>
    Math.max(0, ...times.map((_, place) => lines.reduce((sum, { values }) => sum + (values[place] ?? 0), 0)));
  const max = Math.max(1, ...sides.map(({ lines }) => most(lines)));
  return (
    <div class="refusal-sides">
      {sides.map(({ title, lines }) => (
        <div key={title}>
          <h3>{title}</h3>
          {lines.length === 0 ? (
            <p class="muted small">None.</p>
          ) : (
            <Curve title={`Refusals at ${title}`} times={times} lines={lines} axis={{ from, to }} max={max} />
          )}
        </div>
      ))}
    </div>
  );
}
