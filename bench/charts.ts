import { colours, ink, staticSvg } from '../experiments/report/staticChart.ts';
import { groups } from './report.ts';
import type { Results } from './results.ts';
import { type Curve, type Figure, isMet } from './section.ts';

/** They tell series apart as well as colours do. */
const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];

const panelSize = { width: 220, height: 200 };
/**
 * Margins beyond this are drawn here: how far beyond does not matter, and memory that does not grow has no margin at
 * all.
 */
const greatestMargin = 100;

/** Colour and shape by name, in the order of the names. */
function looks(names: readonly string[]) {
  const field = { field: 'name', type: 'nominal', title: null } as const;
  return {
    color: { ...field, scale: { domain: names, range: colours } },
    shape: { ...field, scale: { domain: names, range: shapes } },
  };
}

/** How many times a figure is as good as its bar asks. */
function margin({ value, bar }: Figure): number {
  if (!bar) return Number.NaN;
  const times = 'atLeast' in bar ? value.median / bar.atLeast : bar.atMost / Math.max(0, value.median);
  return Math.min(greatestMargin, Math.max(1 / greatestMargin, times));
}

/** A logarithmic axis from one power of ten to another, with a line at each. */
function decades(values: readonly number[]) {
  const [first, last] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
  return {
    scale: { type: 'log', domain: [powers[0], powers.at(-1)] },
    axis: { values: powers, format: '~g' },
  } as const;
}

/** Every figure that has a bar, against that bar. */
export function resultsChart(results: Results): Promise<string> {
  const values = Object.entries(results).flatMap(([section, { figures }]) =>
    figures
      .filter(({ bar }) => bar)
      .map((figure) => ({
        figure: `${section}: ${figure.name}: ${figure.measure}`,
        margin: margin(figure),
        name: isMet(figure) ? 'met' : 'missed',
      })),
  );
  const x = {
    field: 'margin',
    type: 'quantitative',
    title: 'times as good as the bar (1: just met)',
    scale: { type: 'log', domain: [1 / greatestMargin, greatestMargin] },
  };
  const y = { field: 'figure', type: 'nominal', title: null, sort: null };
  return staticSvg({
    title: 'Figures against their bars',
    data: { values },
    width: 360,
    height: { step: 17 },
    layer: [
      { mark: { type: 'rule', color: ink }, encoding: { x: { datum: 1, type: 'quantitative' } } },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: { x, y, ...looks(['met', 'missed']) },
      },
    ],
  });
}

/** Speed-ups over the peers by dimension. */
export function speedChart(figures: readonly Figure[]): Promise<string> {
  const values = figures.flatMap(({ against, value }) =>
    against ? [{ name: against.peer, dimension: against.dimension, speed: value.median }] : [],
  );
  const names = groups(values, ({ name }) => name).map(([first]) => first?.name as string);
  const dimensions = [...new Set(values.map(({ dimension }) => dimension))].sort((a, b) => a - b);
  const log = { type: 'log', nice: false } as const;
  const { color, shape } = looks(names);
  return staticSvg({
    title: 'distances, full covariances: speed over each peer',
    width: 420,
    height: 280,
    data: { values },
    layer: [
      { mark: { type: 'rule', color: ink }, encoding: { y: { datum: 1, type: 'quantitative' } } },
      {
        encoding: {
          x: {
            field: 'dimension',
            type: 'quantitative',
            title: 'd',
            scale: log,
            axis: { values: dimensions, grid: false },
          },
          y: { field: 'speed', type: 'quantitative', title: 'times as fast', scale: { type: 'log' } },
          color,
        },
        layer: [{ mark: 'line' }, { mark: { type: 'point', filled: true, size: 70, opacity: 1 }, encoding: { shape } }],
      },
    ],
  });
}

/** The panels of one chart side by side: seconds against a size, both logarithmic. */
export function curvesChart(title: string, curves: readonly Curve[]): Promise<string> {
  const names = [...new Set(curves.map(({ name }) => name))];
  return staticSvg({
    title,
    hconcat: groups(curves, (curve) => curve.panel).map((group) => curvePanel(group, names)),
  });
}

function curvePanel(curves: readonly Curve[], names: readonly string[]): object {
  const [first] = curves as [Curve];
  const { color, shape } = looks(names);
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))];
  return {
    ...panelSize,
    data: { values: curves.flatMap(({ name, points }) => points.map((point) => ({ name, ...point }))) },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: first.panel,
        scale: { type: 'log', nice: false },
        axis: { values: sizes, grid: false, labelOverlap: false },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        title: 'seconds',
        ...decades(curves.flatMap(({ points }) => points.map(({ y }) => y))),
      },
      color,
    },
    layer: [{ mark: 'line' }, { mark: { type: 'point', filled: true, size: 60, opacity: 1 }, encoding: { shape } }],
  };
}
