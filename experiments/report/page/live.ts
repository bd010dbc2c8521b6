// The script of a report's page. tsdown bundles it with vega into one file, and every page that has charts holds that
// file's text.

import { parse, type Spec, type TooltipHandler, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import type { LiveCharts } from './liveCharts.ts';

/** Least width of a chart with a legend beside it. */
const narrow = 520;

/** Shows the fields of the value under the pointer, each on a line. */
function tooltip(): TooltipHandler {
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  document.body.append(tip);
  return (_, event, __, value: unknown) => {
    tip.hidden = value === undefined || value === null || value === '';
    if (tip.hidden) return;
    tip.replaceChildren(...tooltipLines(value));
    const room = document.documentElement.clientWidth - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(event.clientX + 12, room))}px`;
    tip.style.top = `${event.clientY + 16}px`;
  };
}

function tooltipLines(value: unknown): HTMLElement[] {
  const fields = typeof value === 'object' ? Object.entries(value as object) : [['', value]];
  return fields.map(([name, text]) => {
    const line = document.createElement('div');
    line.textContent = name === '' ? String(text) : `${name}: ${text}`;
    return line;
  });
}

/** The rows of a table for vega: a field for every column. */
function records({ columns, rows }: LiveCharts['tables'][string]): object[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
}

function moveLegends({ legends = [] }: Spec): void {
  for (const legend of legends) Object.assign(legend, { orient: 'bottom' });
}

async function draw(
  { name, table, specification }: LiveCharts['charts'][number],
  tables: LiveCharts['tables'],
  showTip: TooltipHandler,
): Promise<void> {
  const figure = document.getElementById(`chart-${name}`) as HTMLElement;
  const container = figure.querySelector('.live') as HTMLElement;
  const spec = specification as Spec & { readonly autosize?: { readonly type: string } };
  if (figure.clientWidth < narrow) moveLegends(spec);
  // Without `eval`, which the page's policy forbids: vega interprets the syntax trees of expressions.
  const runtime = parse(spec, {}, { ast: true });
  const view = new View(runtime, {
    container,
    renderer: 'svg',
    hover: true,
    tooltip: showTip,
    expr: expressionInterpreter,
  });
  view.data(table, records(tables[table] ?? { columns: [], rows: [] }));
  let width = 0;
  const adapt = async () => {
    if (spec.autosize?.type === 'fit' && figure.clientWidth > 0 && figure.clientWidth !== width) {
      width = figure.clientWidth;
      view.width(width);
    }
    await view.runAsync();
  };
  await adapt();
  figure.classList.add('is-live');
  new ResizeObserver(adapt).observe(figure);
}

/** Puts a live chart beside each still one and shows it in its place. One that fails leaves the still one. */
function drawAll(): void {
  const { tables, charts } = JSON.parse(document.getElementById('live-charts')?.textContent ?? '') as LiveCharts;
  const showTip = tooltip();
  for (const chart of charts) {
    draw(chart, tables, showTip).catch((error: unknown) => console.error(error));
  }
}

drawAll();
