import { parse } from 'vega';
import type { ResultChart, ResultTable } from '../experiments/experiment.ts';
import { chartConfig, pageColours } from './chartStyle.ts';
import { type ChartData, compileChart, drawSvg, withOwnIds } from './drawing.ts';
import { escapeHtml } from './html.ts';
import { tableRecords } from './resultTable.ts';
import { staticSvg } from './staticChart.ts';

/** In pixels. On a page charts take the width of their column. */
const whole = { width: 680, height: 360 };
/** Of one of several charts in a drawing. */
const part = { width: 200, height: 180 };

/** As much of a vega-lite specification as decides how it is sized and whether it can be zoomed. */
interface Node {
  readonly mark?: string | { readonly type: string };
  readonly encoding?: Readonly<Record<string, { readonly type?: string; readonly bin?: unknown }>>;
  readonly layer?: readonly Node[];
  readonly concat?: readonly Node[];
  readonly hconcat?: readonly Node[];
  readonly vconcat?: readonly Node[];
  readonly spec?: Node;
  readonly params?: readonly object[];
}

const arrangements = ['concat', 'hconcat', 'vconcat'] as const;
const facets = ['row', 'column', 'facet'] as const;

const isFaceted = ({ encoding }: Node) => facets.some((channel) => encoding?.[channel] !== undefined);

/** One chart, which can be fitted to a width: not several side by side. */
const isSingle = (node: Node) => !(node.spec || arrangements.some((name) => node[name]) || isFaceted(node));

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

/** Marks that say what they say only from end to end. */
const solid = ['bar', 'rect', 'arc', 'area'];

/** The specification and, of layers, all that are within it. */
const layers = (node: Node): Node[] => [node, ...(node.layer ?? []).flatMap(layers)];

/** Whether there is something to gain from a closer look: points or lines on two axes of numbers. */
function canZoom(node: Node): boolean {
  const nodes = layers(node);
  const channel = (name: string) => nodes.map(({ encoding }) => encoding?.[name]).find((each) => each?.type);
  const marks = nodes.map(({ mark }) => (typeof mark === 'string' ? mark : mark?.type));
  const isNumeric = (name: string) => channel(name)?.type === 'quantitative' && !channel(name)?.bin;
  return (
    isSingle(node) &&
    nodes.every(({ params }) => params === undefined) &&
    !marks.some((mark) => mark && solid.includes(mark)) &&
    isNumeric('x') &&
    isNumeric('y')
  );
}

/** Wheels alone scroll the page. */
const zoom = {
  name: 'zoom',
  select: { type: 'interval', zoom: 'wheel![event.ctrlKey]' },
  bind: 'scales',
};

/** The first of layers zooms, and the others with it, as they share its scales. */
function withZoom(node: Node): Node {
  const [first, ...others] = node.layer ?? [];
  return first ? { ...node, layer: [withZoom(first), ...others] } : { ...node, params: [zoom] };
}

/** A chart for the page: as it stands, and what vega makes live where scripts run. */
export interface PageChart {
  readonly chart: ResultChart;
  readonly svg: string;
  /** vega's specification, the data apart under the table's name. */
  readonly live: object;
  /** One chart, which takes the width it is given; several side by side have their own. */
  readonly isSingle: boolean;
  readonly canZoom: boolean;
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
  const zoomable = canZoom(node) ? withZoom(node) : node;
  const live = compileChart({ config: { ...config, ...tooltips }, ...common, ...sized(zoomable) }, data);
  parse(live); // better an error here than in the page
  return { chart, svg: withOwnIds(svg, `still-${chart.name}`), live, isSingle: isSingle(node), canZoom: canZoom(node) };
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
