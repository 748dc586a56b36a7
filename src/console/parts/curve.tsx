/**
 * Curves over time on one axis with all others of the page: one cursor for all of them, colours as the theme has them. Must not know
 * what they show.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { colour, mixed } from "../look/colour.ts";
import { shownTheme } from "../look/theme.ts";
import { count } from "./figure.tsx";
import { useIsNarrow } from "./narrow.ts";

export interface Line {
  label: string;
  /** A token of tokens.css. */
  token: string;
  /** One for each time; `null`: not known. */
  values: readonly (number | null)[];
  /** `bar`: what was counted in a step, on top of the bars before it. */
  kind: "line" | "area" | "bar";
  /** What it comes to, where nobody points at a time: its last value, or the sum of all. */
  figure: number;
  /** Of the list behind it. */
  to?: string | undefined;
}

/** All curves of a page have the same. */
export interface TimeAxis {
  /** s since the epoch, as the next. */
  from: number;
  to: number;
}

export interface CurveProps {
  /** For who does not see it. */
  title: string;
  /** s since the epoch, rising; each the beginning of a step. */
  times: readonly number[];
  lines: readonly Line[];
  axis: TimeAxis;
  /** The axis goes at least so far up; curves that are compared have the same. */
  max: number;
}

/** px */
const HEIGHT = 118;
const NARROW_HEIGHT = 92;
/** px for the numbers at the left, the same for all, so that their times stand above each other. */
const LEFT = 44;
const BOTTOM = 20;

/** s since the epoch that is pointed at, on whichever curve of the page. */
export const pointedAt = signal<number | null>(null);

export function Curve({ title, times, lines, axis, max }: CurveProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const top = useRef(max);
  top.current = max;
  const theme = shownTheme.value;
  const height = useIsNarrow() ? NARROW_HEIGHT : HEIGHT;
  const shape = lines.map(({ label, token, kind }) => `${label} ${token} ${kind}`).join();
  const drawn = inPaintingOrder(lines);
  const data = [times, ...drawn.map(({ values }) => values)] as unknown as uPlot.AlignedData;

  // Made anew where its shape or its colours change; filled anew below.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(drawn, element.clientWidth, height, top), data, element);
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
      plot.current?.setScale("x", { min: axis.from, max: axis.to });
    });
  });
  return (
    <figure class="curve" aria-label={title}>
      <figcaption class="legend">
        {lines.length === 0 && <span>none</span>}
        {lines.map((line) => (
          <span class="key" key={line.label}>
            <i class={`swatch is-${line.kind}`} style={{ background: `var(${line.token})` }} />
            {line.to === undefined ? line.label : <a href={line.to}>{line.label}</a>}{" "}
            <Pointed line={line} times={times} />
          </span>
        ))}
      </figcaption>
      <div ref={place} style={{ height: `${height}px` }} />
    </figure>
  );
}

/** Apart: it alone is drawn anew as the pointer moves. */
function Pointed({ line, times }: { line: Line; times: readonly number[] }) {
  const at = pointedAt.value;
  if (at === null) return <b>{count(line.figure)}</b>;
  const index = times.findLastIndex((time) => time <= at);
  const value = line.values[index] ?? null;
  return <b class="pointed">{value === null ? "–" : count(value)}</b>;
}

/** Bars stand on each other: the whole of them is painted first, and what is below over it. */
function inPaintingOrder(lines: readonly Line[]): Line[] {
  const bars = lines.filter(({ kind }) => kind === "bar");
  const stacked = bars.map((bar, index) => ({
    ...bar,
    values: bar.values.map((value, step) => {
      const below = bars.slice(0, index).reduce((sum, { values }) => sum + (values[step] ?? 0), 0);
      return value === null ? null : value + below;
    }),
  }));
  return [...stacked.reverse(), ...lines.filter(({ kind }) => kind !== "bar")];
}

const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
/** px between two times of the axis, and two numbers. */
const SPACE = { x: 62, y: 30 };

function optionsOf(lines: readonly Line[], width: number, height: number, top: { current: number }): uPlot.Options {
  const [text, grid] = [colour("--muted"), colour("--line")];
  const about = { stroke: text, font: "11px system-ui, sans-serif", ticks: { show: false } };
  return {
    width,
    height,
    legend: { show: false },
    padding: [6, 6, 0, 0],
    cursor: { sync: { key: "kerbside" }, drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: { x: { time: true }, y: { range: () => [0, Math.max(top.current * 1.08, 1)] } },
    axes: [
      {
        ...about,
        grid: { show: false },
        size: BOTTOM,
        gap: 3,
        space: SPACE.x,
        values: (_, ticks) => ticks.map(timeText),
      },
      {
        ...about,
        grid: { stroke: grid, width: 1 },
        size: LEFT,
        gap: 5,
        space: SPACE.y,
        values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? short(tick) : "")),
      },
    ],
    series: [{}, ...lines.map(seriesOf)],
    hooks: {
      setCursor: [
        (plot) => {
          const { left = -1 } = plot.cursor;
          pointedAt.value = left < 0 ? null : plot.posToVal(left, "x");
        },
      ],
    },
  };
}

function timeText(at: number): string {
  const date = new Date(at * 1000);
  return date.getHours() === 0 && date.getMinutes() === 0 ? DAY.format(date) : HOUR.format(date);
}

const THOUSAND = 1_000;
const short = (value: number): string => (value >= 10 * THOUSAND ? `${count(value / THOUSAND)}k` : count(value));

function seriesOf({ label, token, kind }: Line): uPlot.Series {
  const stroke = colour(token);
  const soft = (part: number) => stroke.replace(/^rgb\((.*)\)$/, `rgba($1, ${part})`);
  if (kind === "bar") {
    const paths = uPlot.paths.bars?.({ size: [0.82, 24], align: 1 });
    return { label, fill: mixed(token), width: 0, points: { show: false }, ...(paths !== undefined && { paths }) };
  }
  return { label, stroke, width: 1.6, points: { show: false }, ...(kind === "area" && { fill: soft(0.12) }) };
}
