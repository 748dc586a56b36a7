/**
 * A webhook's deliveries over the last hours by outcome, and how long they took. Must not know other webhooks.
 */
import type { SeriesPage } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { Curve, type Line } from "../../parts/curve.tsx";
import { Shown } from "../../parts/states.tsx";

const EVERY_MS = 60_000;
const SPAN_S = 3 * 3_600;

const TOKENS: Readonly<Record<string, string>> = { delivered: "--good", failed: "--bad", refused: "--warn" };

export function DeliveryCurve({ name }: { name: string }) {
  const resource = useResource(
    `series ${name}`,
    (client) => client.series({ from: new Date(Date.now() - SPAN_S * 1000).toISOString() }),
    { everyMs: EVERY_MS },
  );
  return (
    <section class="panel">
      <header>
        <h2>Last 3 hours</h2>
        <span class="muted small">each minute, as stations tell of them</span>
      </header>
      <div class="body">
        <Shown resource={resource}>{(page) => <Curves name={name} page={page} />}</Shown>
      </div>
    </section>
  );
}

function Curves({ name, page }: { name: string; page: SeriesPage }) {
  const from = Date.parse(page.from) / 1000;
  const own = page.series.filter((series) => series.name === "deliveries" && series.labels.webhook === name);
  const lines = own.map(({ labels: { outcome = "" }, values }): Line => {
    const figure = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    return { label: outcome, token: TOKENS[outcome] ?? "--muted", values, kind: "bar", figure };
  });
  if (lines.length === 0) return <p class="muted">No delivery was counted in this time.</p>;
  const times = (own[0]?.values ?? []).map((_, place) => from + place * page.stepSeconds);
  // They stand on each other.
  const max = Math.max(1, ...times.map((_, place) => own.reduce((sum, { values }) => sum + (values[place] ?? 0), 0)));
  const to = Math.max(Date.parse(page.to) / 1000, from + SPAN_S);
  return <Curve title={`Deliveries of ${name} by outcome`} times={times} lines={lines} axis={{ from, to }} max={max} />;
}
