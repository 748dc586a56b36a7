/**
 * Curves over time on one axis with all others of the page: one cursor for all of them, colours as the theme has them. Must not know
 * what they show.
 */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour } from "../look/colour.ts";
import { shownTheme } from "../look/theme.ts";
import { count } from "./figure.tsx";

export interface Line {
  label: string;
  /** A token of tokens.css. */
  token: string;
  /** One for each time; `null`: not known. */
  values: readonly (number | null)[];
  /** Of the list behind its last value. */
  to?: string | undefined;
  /** Its area is filled. */
  isFilled?: boolean;
}

export interface CurveProps {
  /** For who does not see it. */
  title: string;
  /** s since the epoch, rising. */
  times: readonly number[];
  lines: readonly Line[];
  /** s since the epoch: the same for all curves of a page. */
  from: number;
  to: number;
  /** px */
  height?: number;
}

const HEIGHT = 132;
/** px for the numbers at the left, the same for all, so that their times stand above each other. */
const AXIS = 46;

export function Curve({ title, times, lines, from, to, height = HEIGHT }: CurveProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = shownTheme.value;
  const shape = lines.map(({ label, token, isFilled }) => `${label} ${token} ${isFilled}`).join();
  const data = [times, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;

  // Made anew where its shape or its colours change; filled anew below.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(lines, element.clientWidth, height), data, element);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, theme, height]);
  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData(data, false);
      plot.current?.setScale("x", { min: from, max: to });
    });
  });
  return (
    <figure class="curve" aria-label={title}>
      <figcaption class="legend">
        {lines.map(({ label, token, values, to: list }) => (
          <span class="key" key={label}>
            <i class="swatch" style={{ background: `var(${token})` }} />
            {list === undefined ? label : <a href={list}>{label}</a>} <b>{lastOf(values)}</b>
          </span>
        ))}
      </figcaption>
      <div ref={place} style={{ height: `${height}px` }} />
    </figure>
  );
}

const lastOf = (values: readonly (number | null)[]): string => {
  const last = values.findLast((value) => value !== null);
  return last == null ? "–" : count(last);
};

function optionsOf(lines: readonly Line[], width: number, height: number): uPlot.Options {
  const [axis, grid] = [colour("--muted"), colour("--line")];
  const about = { stroke: axis, font: "11px system-ui, sans-serif", ticks: { show: false } };
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { sync: { key: "kerbside" }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
    axes: [
      { ...about, grid: { show: false }, size: 22, gap: 4, space: 70 },
      {
        ...about,
        grid: { stroke: grid, width: 1 },
        size: AXIS,
        gap: 6,
        space: 34,
        values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : "")),
      },
    ],
    series: [
      {},
      ...lines.map(
        ({ label, token, isFilled = false }): uPlot.Series => ({
          label,
          stroke: colour(token),
          width: 1.6,
          points: { show: false },
          ...(isFilled && { fill: colour(token).replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)") }),
        }),
      ),
    ],
  };
}
