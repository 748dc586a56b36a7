/**
 * The fleet over time: TLS beside mTLS, all on one axis of time. Must not know where the figures come from.
 */
import type { FleetSummary } from "../../../client/fleet/station-list.ts";
import { useResource } from "../../data/resource.ts";
import { href } from "../../data/route.ts";
import { Curve, pointedAt, type TimeAxis } from "../../parts/curve.tsx";
import { localTime } from "../../parts/time.tsx";
import { Loading, Shown } from "../../parts/states.tsx";
import { type CurveRow, fleetCurves, LOWER, MTLS, profileRows, TLS } from "./fleet-curves.ts";
import { SPANS, spanOf } from "./span.ts";

const HOUR_MS = 3_600_000;
const S = 1_000;

export function Curves({ summary, span: chosen }: { summary: FleetSummary; span: string | undefined }) {
  const span = spanOf(chosen);
  const series = useResource(
    `series ${span.key}`,
    (client) => client.series({ from: new Date(Date.now() - span.hours * HOUR_MS).toISOString() }),
    { everyMs: span.everyMs, keeps: true },
  );
  const hasLower = [0, 1].some(
    (profile) => (summary.bySecurityProfile[profile] ?? 0) > 0 || (summary.onlineBySecurityProfile[profile] ?? 0) > 0,
  );
  const columns = hasLower ? [TLS, MTLS, LOWER] : [TLS, MTLS];
  return (
    <section class="panel" aria-label="Over time">
      <header>
        <h2>
          Over time <PointedAt />
        </h2>
        <nav class="segments" aria-label="Span of time">
          {SPANS.map(({ key, title }) => (
            <a key={key} href={href([], { span: key })} aria-current={key === span.key ? "true" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <Shown resource={series} loading={<Loading lines={10} />}>
        {(page) => {
          const to = Math.max(Date.parse(page.to), Date.parse(page.from) + span.hours * HOUR_MS) / S;
          const axis = { from: to - (span.hours * HOUR_MS) / S, to };
          return (
            <div class="curves" style={{ "--curves": String(columns.length) }}>
              <div class="curve-heads">
                {columns.map(({ key, title, profiles }) => (
                  <h3 key={key} class={profiles.length === 1 ? `profile p${profiles[0]}` : ""}>
                    {title}
                  </h3>
                ))}
              </div>
              {profileRows(page, columns).map((row) => (
                <Row key={row.key} row={row} axis={axis} />
              ))}
              <h3 class="curve-apart">Events, of all profiles</h3>
              <div class="curve-row of-all">
                {fleetCurves(page).map((curve) => (
                  <div key={curve.title} class="curve-cell">
                    <h4>{curve.title}</h4>
                    <Curve {...curve} axis={axis} />
                  </div>
                ))}
              </div>
            </div>
          );
        }}
      </Shown>
    </section>
  );
}

/** What the numbers above the curves are of, while somebody points at one. */
function PointedAt() {
  const at = pointedAt.value;
  return at === null ? null : <span class="muted number pointed-at">{localTime(at * S)}</span>;
}

function Row({ row, axis }: { row: CurveRow; axis: TimeAxis }) {
  // A quiet time is one line, not three empty curves.
  if (row.curves.every(({ lines }) => lines.length === 0))
    return (
      <div class="curve-title line">
        <h4>{row.title}</h4>
        <span class="small">none</span>
      </div>
    );
  return (
    <>
      <h4 class="curve-title">{row.title}</h4>
      <div class="curve-row">
        {row.curves.map((curve) => (
          <div key={curve.title} class="curve-cell">
            {curve.column !== undefined && <div class="curve-of">{curve.column.title}</div>}
            <Curve {...curve} axis={axis} />
          </div>
        ))}
      </div>
    </>
  );
}
