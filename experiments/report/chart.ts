import { max, min } from 'd3-array';
import { chartConfig, pageColours } from './chartStyle.ts';
import { drawSvg } from './drawing.ts';
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

/** The limit stands at this many times the last x. */
const limitStep = 2;

/** How the series look, in order: dashes and shapes tell them apart without colour. `mark` is the shape as the key draws it. */
const looks = [
  { colour: 'var(--series-1)', dash: [1, 0], shape: 'circle', mark: '<circle cx="16" cy="6" r="3.5"/>' },
  { colour: 'var(--series-2)', dash: [7, 3], shape: 'square', mark: '<path d="M12.5 2.5h7v7h-7z"/>' },
  { colour: 'var(--series-3)', dash: [2, 2], shape: 'triangle-up', mark: '<path d="M16 2l4.2 7.5h-8.4z"/>' },
];

function specification({ description, xTitle, yTitle, series }: ShareChart): object {
  const names = series.map(({ name }) => name);
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))];
  const atInfinity = limitStep * (max(xs) as number);
  const points = series.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const limits = series.map(({ name, limit }) => ({ name, x: atInfinity, y: limit }));
  const byName = { field: 'name', type: 'nominal', legend: null } as const;
  const shape = { ...byName, scale: { domain: names, range: looks.map(({ shape }) => shape) } };
  const strokeDash = { ...byName, scale: { domain: names, range: looks.map(({ dash }) => dash) } };
  return {
    ...size,
    autosize: { type: 'fit', contains: 'padding' },
    description,
    background: 'transparent',
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        scale: { type: 'log', domain: [min(xs), atInfinity], nice: false },
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
      color: { ...byName, scale: { domain: names, range: looks.map(({ colour }) => colour) } },
    },
    layer: [
      { data: { values: points }, mark: 'line', encoding: { strokeDash } },
      { data: { values: points }, mark: { type: 'point', filled: true, opacity: 1, size: 45 }, encoding: { shape } },
      { data: { values: limits }, mark: { type: 'point', opacity: 1, size: 70 }, encoding: { shape } },
    ],
    config: { ...chartConfig(pageColours), axisX: { grid: false } },
  };
}

/** The series' names beside their line and point, once for all the charts that show them. */
export function chartKey(names: readonly string[]): string {
  const samples = looks.map(({ colour, dash, mark }) => {
    const line = `<path d="M0 6h32" stroke-width="2" stroke-dasharray="${dash.join(' ')}"/>`;
    return `<svg width="32" height="12" aria-hidden="true" stroke="${colour}" fill="${colour}">${line}${mark}</svg>`;
  });
  return `<ul class="key">${names.map((name, at) => `<li>${samples[at]} ${escapeHtml(name)}</li>`).join('')}</ul>`;
}

/** The chart as a figure whose drawing is SVG within the page. */
export async function htmlChart(chart: ShareChart): Promise<string> {
  const svg = await drawSvg(specification(chart));
  const drawing = `<div role="img" aria-label="${escapeHtml(chart.description)}">${svg}</div>`;
  return `<figure class="chart"><figcaption>${escapeHtml(chart.title)}</figcaption>${drawing}</figure>`;
}
