// `data-module="chart"` with a `<script type="application/json">` inside:
// {"kind": "bar"|"line"|"pie", "labels": [...], "series": [{"name": "…", "values": [...]}], "unit": "…", "stacked": true,
//  "money": true, "sideways": true, "thin": true, "tones": ["good", "bad"]}. Colours come from the page, so light and dark both fit. The number in words stands above, as text.

import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { h } from "../lib/dom";
import { language, t } from "../lib/texts";

use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

interface Data {
  kind: "bar" | "line" | "pie";
  labels: string[];
  series: { name: string; values: number[] }[];
  unit?: string;
  stacked?: boolean;
  /** The values are fen. */
  money?: boolean;
  /** Bars lie, the first one on top: for labels that are long. */
  sideways?: boolean;
  /** A strip: neither legend nor numbers beside it. */
  thin?: boolean;
  /** The colour of each series by what it says, where it says something: good, warn, bad, calm. */
  tones?: string[];
}

const TONES: Record<string, string> = { good: "--chart-1", calm: "--chart-2", warn: "--chart-3", bad: "--chart-4" };

export default function mount(root: HTMLElement): void {
  const data = JSON.parse(root.querySelector("script[type='application/json']")?.textContent ?? "null") as Data | null;
  if (!data) return;
  if (!data.series.some((one) => one.values.some((value) => value !== 0))) {
    root.append(h("p", { class: "palette-empty" }, t("chart.none")));
    return;
  }
  const canvas = h("div", { class: "chart", role: "img", "aria-label": root.dataset["label"] ?? data.series.map((one) => one.name).join(", ") });
  root.append(canvas);
  const chart = init(canvas, null, { renderer: "canvas" });
  const draw = () => chart.setOption(options(data), { notMerge: true });
  draw();
  new ResizeObserver(() => chart.resize()).observe(canvas);
  document.addEventListener("puzi:theme", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

/** What a custom property is worth now: `light-dark()` is resolved by the browser only where it is a colour. */
function colour(name: string): string {
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function options(data: Data): EChartsCoreOption {
  const [ink, line, surface] = ["--ink-2", "--line", "--surface"].map(colour) as [string, string, string];
  const number = new Intl.NumberFormat(language(), data.money ? { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" } : {});
  const said = (value: number) => number.format(data.money ? value / 100 : value) + (data.unit ?? "");
  const common: EChartsCoreOption = {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 250,
    aria: { enabled: true },
    color: data.tones?.map((tone) => colour(TONES[tone] ?? "--chart-6")) ?? [1, 2, 3, 4, 5, 6].map((at) => colour(`--chart-${at}`)),
    textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
    // The page's CSP refuses style attributes, so the tooltip is drawn too.
    tooltip: {
      trigger: data.kind === "pie" ? "item" : "axis",
      renderMode: "richText",
      backgroundColor: surface,
      borderColor: line,
      textStyle: { color: colour("--ink"), fontSize: 12 },
      valueFormatter: (value: unknown) => said(Number(value)),
      confine: true,
    },
    legend: { show: (data.series.length > 1 && !data.thin) || data.kind === "pie", bottom: 0, icon: "circle", itemWidth: 8, itemHeight: 8, textStyle: { color: ink } },
  };
  return data.kind === "pie" ? { ...common, ...pie(data, surface) } : { ...common, ...axes(data, ink, line, said) };
}

function pie(data: Data, surface: string): EChartsCoreOption {
  const values = data.series[0]?.values ?? [];
  const parts = data.labels.map((name, at) => ({ name, value: values[at] ?? 0 }));
  return {
    series: [{ type: "pie", radius: ["52%", "74%"], center: ["50%", "44%"], data: parts, label: { show: false }, itemStyle: { borderColor: surface, borderWidth: 2 } }],
  };
}

function axes(data: Data, ink: string, line: string, said: (value: number) => string): EChartsCoreOption {
  const legend = data.series.length > 1 && !data.thin ? 28 : 4;
  // Of a sideways chart the first label would stand at the bottom.
  const turn = <T>(list: T[]): T[] => (data.sideways ? [...list].reverse() : list);
  const radius = data.stacked ? 0 : data.sideways ? [0, 3, 3, 0] : [3, 3, 0, 0];
  const names = {
    type: "category",
    data: turn(data.labels),
    boundaryGap: data.kind === "bar",
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    axisLabel: { color: ink, hideOverlap: !data.sideways, ...(data.sideways ? { width: 220, overflow: "truncate" } : {}) },
  };
  const values = { type: "value", minInterval: data.money ? 0 : 1, splitNumber: 4, splitLine: { lineStyle: { color: line } }, axisLabel: { show: !data.thin, color: ink, formatter: said, hideOverlap: true }, ...(data.thin ? { splitNumber: 1 } : {}) };
  return {
    grid: { left: 4, right: data.sideways ? 24 : 8, top: 12, bottom: legend, containLabel: true },
    xAxis: data.sideways ? values : names,
    yAxis: data.sideways ? names : values,
    series: data.series.map((one) => ({
      name: one.name,
      type: data.kind,
      data: turn(one.values),
      ...(data.stacked ? { stack: "all" } : {}),
      ...(data.kind === "line"
        ? { smooth: 0.25, showSymbol: false, lineStyle: { width: 2 }, areaStyle: data.series.length === 1 ? { opacity: 0.1 } : null }
        : { barMaxWidth: 28, itemStyle: { borderRadius: radius } }),
    })),
  };
}
