/**
 * Charts of measurements as SVG, and SVG as PNG, in colours that also differ in lightness. Must not know what was measured.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { type EChartsCoreOption, init } from "echarts";

export interface ChartFrame {
  title: string;
  /** One line under the title: what is shown, and in which settings. */
  subtitle?: string;
  /** With the unit. */
  xLabel: string;
  yLabel: string;
  widthPx?: number;
  heightPx?: number;
}

export interface LineSeries {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  isDashed?: boolean;
  /** Series with the same number get the same colour; their place in the list where none is given. */
  colour?: number;
}

export interface LineChart extends ChartFrame {
  series: readonly LineSeries[];
  isLogarithmic?: boolean;
}

export interface BarSeries {
  name: string;
  /** One for each category. `null`: there is none. */
  values: readonly (number | null)[];
  /** The interval that the value was found in, one for each category. */
  intervals?: readonly (readonly [low: number, high: number] | null)[];
}

export interface BarChart extends ChartFrame {
  categories: readonly string[];
  series: readonly BarSeries[];
  isLogarithmic?: boolean;
}

const FONT = "DejaVu Sans";
const FONT_FOLDER = join(dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")), "ttf");
const FONT_FILES = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) => join(FONT_FOLDER, name));
const WIDTH_PX = 1_000;
const HEIGHT_PX = 560;
/** Pixels of a PNG for each pixel of its chart. */
const PNG_SCALE = 2;
const LEGEND_NAMES_A_ROW = 4;
/** Okabe and Ito's, told apart also by the colour-blind; the yellow is too faint on white. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7f7f7f"];
const INK = "#222222";
const GRID = "#dddddd";

export function lineChart(chart: LineChart): string {
  const values = axis(chart.yLabel, chart.isLogarithmic === true ? "log" : "value");
  return render(chart, {
    ...frame(
      chart,
      chart.series.map(({ name }) => name),
    ),
    xAxis: { ...axis(chart.xLabel, "value"), nameLocation: "middle", nameGap: 32, scale: true },
    yAxis: { ...values, scale: true },
    series: chart.series.map(({ name, points, isDashed = false, colour }, index) => ({
      type: "line",
      ...{ name, data: points, symbol: points.length === 1 ? "circle" : "none" },
      lineStyle: { width: 2, type: isDashed ? "dashed" : "solid" },
      itemStyle: { color: COLOURS[(colour ?? index) % COLOURS.length] },
    })),
  });
}

export function barChart(chart: BarChart): string {
  const values = axis(chart.yLabel, chart.isLogarithmic === true ? "log" : "value");
  return render(chart, {
    ...frame(
      chart,
      chart.series.map(({ name }) => name),
    ),
    xAxis: {
      ...axis(chart.xLabel, "category"),
      data: chart.categories,
      nameLocation: "middle",
      nameGap: 32,
      splitLine: { show: false },
    },
    yAxis: values,
    series: chart.series.flatMap((series, index) => [bars(series, index), ...intervals(series, index, chart)]),
  });
}

/** With the fonts of this package alone, so that a chart is the same on a machine that has none. */
export function toPng(svg: string): Buffer {
  const fonts = { loadSystemFonts: false, fontFiles: FONT_FILES, defaultFontFamily: FONT };
  return new Resvg(svg, { font: fonts, fitTo: { mode: "zoom", value: PNG_SCALE } }).render().asPng();
}

function render({ widthPx = WIDTH_PX, heightPx = HEIGHT_PX }: ChartFrame, option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: widthPx, height: heightPx });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function frame({ title, subtitle = "" }: ChartFrame, names: readonly string[]): EChartsCoreOption {
  const legendRows = Math.ceil(names.length / LEGEND_NAMES_A_ROW);
  return {
    animation: false,
    backgroundColor: "#ffffff",
    color: COLOURS,
    textStyle: { fontFamily: FONT, color: INK },
    title: {
      ...{ text: title, subtext: subtitle, left: 16, top: 10 },
      textStyle: { fontFamily: FONT, fontSize: 18, color: INK },
      subtextStyle: { fontFamily: FONT, fontSize: 12, color: "#555555" },
    },
    legend: {
      ...{ data: [...names], bottom: 8, itemWidth: 34, itemGap: 24 },
      textStyle: { fontFamily: FONT, fontSize: 12, color: INK },
    },
    grid: { left: 30, right: 30, top: 92, bottom: 42 + 24 * legendRows, containLabel: true },
  };
}

function axis(name: string, type: "value" | "log" | "category") {
  return {
    ...{ name, type },
    nameTextStyle: { fontFamily: FONT, fontSize: 13, color: INK, ...(type !== "category" && { align: "left" }) },
    axisLabel: { fontFamily: FONT, fontSize: 12, color: INK },
    axisLine: { show: true, onZero: false, lineStyle: { color: INK } },
    splitLine: { show: true, lineStyle: { color: GRID } },
  };
}

function bars({ name, values }: BarSeries, index: number) {
  const color = COLOURS[index % COLOURS.length];
  return { type: "bar", name, data: values.map((value) => value ?? "-"), itemStyle: { color }, barMaxWidth: 60 };
}

interface DrawnApi {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
  size(lengths: [number, number]): [number, number];
}

/** A whisker over each bar. */
function intervals(series: BarSeries, index: number, { series: all }: BarChart) {
  if (series.intervals === undefined) return [];
  const data = series.intervals.flatMap((interval, category) => (interval === null ? [] : [[category, ...interval]]));
  const renderItem = (_: unknown, api: DrawnApi) => {
    const [category, low, high] = [api.value(0), api.value(1), api.value(2)];
    const [left, bottom] = api.coord([category, low]);
    const [, top] = api.coord([category, high]);
    const [x, half] = [left + offsetPx(index, all.length, api.size([1, 0])[0]), 5];
    const line = (x1: number, y1: number, x2: number, y2: number) => ({
      ...{ type: "line", shape: { x1, y1, x2, y2 } },
      style: { stroke: INK, lineWidth: 1.5 },
    });
    return {
      type: "group",
      children: [line(x, bottom, x, top), line(x - half, bottom, x + half, bottom), line(x - half, top, x + half, top)],
    };
  };
  return [{ type: "custom", name: series.name, data, renderItem, encode: { x: 0, y: [1, 2] }, z: 10 }];
}

/** From the middle of a category to the middle of one of its bars, as the library lays them out by default. */
function offsetPx(index: number, count: number, bandPx: number): number {
  // 20 % of a band lies between categories, and between two bars 30 % of a bar.
  const widthPx = Math.min(60, (0.8 * bandPx) / (count + 0.3 * (count - 1)));
  return (index - (count - 1) / 2) * 1.3 * widthPx;
}
