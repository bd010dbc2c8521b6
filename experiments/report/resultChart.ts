import { parse } from 'vega';
import type { ResultChart, ResultTable } from '../core/experiment.ts';
import { chartConfig, pageColours } from './chartStyle.ts';
import { type ChartData, compileChart, drawSvg, withOwnIds } from './drawing.ts';
import { escapeHtml } from './html.ts';
import { arrangements, interactive, isSingle, type Node } from './interaction.ts';
import { tableRecords } from './resultTable.ts';
import { staticSvg } from './staticChart.ts';

/** Size in pixels. On a page charts take the width of their column. */
const whole = { width: 680, height: 360 };
/** The size of one of several charts in a drawing. */
const part = { width: 200, height: 180 };

/** The specification with sizes wherever vega-lite takes them. */
function sized(node: Node): object {
  if (node.spec) return { ...node, spec: sizedPart(node.spec) };
  if (isSingle(node)) return { ...whole, autosize: { type: 'fit', contains: 'padding' }, ...node };
  return sizedPart(node);
}

function sizedPart(node: Node): object {
  if (node.spec) return { ...node, spec: sizedPart(node.spec) };
  const arrangement = arrangements.find((name) => node[name]);
  if (arrangement) return { ...node, [arrangement]: node[arrangement]?.map(sizedPart) };
  return { ...part, ...node };
}

/** A chart for the page: its drawing, and its live form where scripts run. */
export interface PageChart {
  readonly chart: ResultChart;
  readonly svg: string;
  /** vega's specification, the data apart under the table's name. */
  readonly live: object;
  /** Whether this is one chart, which fits its width; several side by side have their own. */
  readonly isSingle: boolean;
  /** Help on the interaction. */
  readonly help: readonly string[];
}

const dataOf = (table: ResultTable): ChartData => ({
  name: table.name,
  values: tableRecords(table),
  titles: new Map(table.columns.map(({ name, title }) => [name, title])),
});

export async function pageChart(chart: ResultChart, table: ResultTable): Promise<PageChart> {
  const node = chart.specification as Node;
  const config = { ...chartConfig(pageColours), background: 'transparent' };
  const common = { data: { name: table.name }, description: chart.description };
  const data = dataOf(table);
  const svg = await drawSvg({ config, ...common, ...sized(node) }, data);
  const tooltips = { mark: { ...config.mark, tooltip: true }, tooltipFormat: { numberFormat: '.4~g' } };
  const { node: answering, help } = interactive(node);
  const live = compileChart({ config: { ...config, ...tooltips }, ...common, ...sized(answering) }, data);
  parse(live); // better an error here than in the page
  return { chart, svg: withOwnIds(svg, `still-${chart.name}`), live, isSingle: isSingle(node), help };
}

/** The chart as an SVG file: titled, described, on white. */
export async function chartFile(chart: ResultChart, table: ResultTable): Promise<string> {
  const { name, title, description, specification } = chart;
  const drawing = { title, data: { name: table.name }, ...sized(specification as Node) };
  const svg = withOwnIds(await staticSvg(drawing, dataOf(table)), name);
  return svg.replace(
    '>',
    () => ` role="img"><title>${escapeHtml(title)}</title><desc>${escapeHtml(description)}</desc>`,
  );
}
