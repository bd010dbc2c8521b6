import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeHtml } from './html.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Where the curve tends as x grows without bound, drawn at an x of its own. */
  readonly limit: number;
}

/** Shares (0 to 1) against a positive quantity on a logarithmic axis. */
export interface ShareChart {
  readonly title: string;
  /** What the chart shows in a sentence, for those who do not see it. */
  readonly description: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

/** In pixels; charts stretch to their column and stay readable on a phone at this width. */
const size = { width: 420, height: 300 };

/** Colours are the page's custom properties, so that one drawing serves light and dark. */
const ink = 'var(--ink)';
const faint = 'var(--line)';
const seriesColours = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)'];
/** Dashes and shapes tell the curves apart without colour. */
const seriesDashes = [
  [1, 0],
  [7, 3],
  [2, 2],
];
const seriesShapes = ['circle', 'square', 'triangle-up'];

function specification({ description, xTitle, yTitle, series }: ShareChart): TopLevelSpec {
  const names = series.map(({ name }) => name);
  const xs = series[0]!.points.map(({ x }) => x);
  // The limit stands one step of the sweep beyond its last point.
  const atInfinity = xs.at(-1)! * (xs.length > 1 ? xs.at(-1)! / xs.at(-2)! : 2);
  const points = series.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const limits = series.map(({ name, limit }) => ({ name, x: atInfinity, y: limit }));
  const byName = { field: 'name', type: 'nominal', legend: null } as const;
  const shape = { ...byName, scale: { domain: names, range: seriesShapes } };
  const strokeDash = { ...byName, scale: { domain: names, range: seriesDashes } };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...size,
    autosize: { type: 'fit', contains: 'padding' },
    description,
    background: 'transparent',
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        scale: { type: 'log', domain: [xs[0]!, atInfinity], nice: false },
        axis: {
          title: xTitle,
          labelFlush: false,
          values: [...xs, atInfinity],
          labelExpr: `datum.value === ${atInfinity} ? '∞' : datum.value`,
        },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        scale: { domain: [0, 1] },
        axis: { title: yTitle, format: '.0%', tickCount: 5 },
      },
      color: { ...byName, scale: { domain: names, range: seriesColours } },
    },
    layer: [
      { data: { values: points }, mark: 'line', encoding: { strokeDash } },
      { data: { values: points }, mark: { type: 'point', filled: true, size: 45 }, encoding: { shape } },
      { data: { values: limits }, mark: { type: 'point', size: 70 }, encoding: { shape } },
    ],
    config: {
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: {
        labelColor: ink,
        titleColor: ink,
        gridColor: faint,
        domainColor: faint,
        tickColor: faint,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: 'normal',
      },
      axisX: { grid: false },
    },
  };
}

/** The series' names beside their line and point, once for all the charts that show them. */
export function chartKey(names: readonly string[]): string {
  const shapes = [
    '<circle cx="16" cy="6" r="3.5"/>',
    '<path d="M12.5 2.5h7v7h-7z"/>',
    '<path d="M16 2l4.2 7.5h-8.4z"/>',
  ];
  const entries = names.map((name, at) => {
    const line = `<path d="M0 6h32" stroke-width="2" stroke-dasharray="${seriesDashes[at]!.join(' ')}"/>`;
    const sample = `<svg width="32" height="12" aria-hidden="true" stroke="${seriesColours[at]}" fill="${seriesColours[at]}">`;
    return `<li>${sample}${line}${shapes[at]}</svg> ${escapeHtml(name)}</li>`;
  });
  return `<ul class="key">${entries.join('')}</ul>`;
}

/** The chart as a figure whose drawing is SVG within the page. */
export async function htmlChart(chart: ShareChart): Promise<string> {
  const view = new View(parse(compile(specification(chart)).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const drawing = `<div role="img" aria-label="${escapeHtml(chart.description)}">${svg}</div>`;
  return `<figure class="chart"><figcaption>${escapeHtml(chart.title)}</figcaption>${drawing}</figure>`;
}
