import { cpus, loadavg, release, totalmem } from 'node:os';
import { type Table, textTable } from '../lib/cli/textTable.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { SectionResult } from './results.ts';
import { type Curve, type Figure, isMet } from './section.ts';
import type { Spread } from './timing.ts';

/** What the figures hold for. */
export function environment(blas: string, before: string | undefined): Record<string, string> {
  const [processor] = cpus();
  return {
    machine: `${cpus().length} x ${processor?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${process.platform} ${release()}`,
    denseam: `${packageJson.version}, Node ${process.version}, V8 ${process.versions.v8}`,
    ...(before && { before }),
    blas,
    peers: `LAPACK and BLAS called from C++ (bench/native), ml-matrix ${packageJson.devDependencies['ml-matrix']}`,
    date: new Date().toISOString(),
    load: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
  };
}

export const figureColumns = ['', 'figure', 'median', 'range', 'by processor time', 'ours', 'peer', 'bar', ''];

export function sectionText({ title, method, figures, curves, notes }: SectionResult): string {
  const caption = `${title}\n${method}`;
  const tables = [
    ...(figures.length > 0 ? [textTable({ caption, columns: figureColumns, rows: figures.map(figureRow) })] : []),
    ...groups(curves, panelName).map((panel) => textTable(curveTable(panel))),
  ];
  return [...tables, ...notes].join('\n\n').concat('\n');
}

const panelName = ({ chart, panel }: Curve) => `${chart}: ${panel}`;

/** The curves of one panel: a row each, a column for each size, and how fast they grow. */
export function curveTable(curves: readonly Curve[]): Table {
  const [first] = curves as [Curve];
  return {
    caption: panelName(first),
    columns: ['', ...first.points.map(({ x }) => String(x)), 'growth'],
    rows: curves.map(({ name, points }) => [
      name,
      ...points.map(({ y }) => duration(y)),
      `^${exponent(points).toFixed(2)}`,
    ]),
  };
}

/**
 * The slope on logarithmic axes over the last three points, by least squares: the power with which the cost grows in
 * the end.
 */
function exponent(points: Curve['points']): number {
  const last = points.slice(-3).map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (key: 'x' | 'y') => last.reduce((sum, point) => sum + point[key], 0) / last.length;
  const [x0, y0] = [mean('x'), mean('y')];
  const product = last.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0);
  return product / last.reduce((sum, { x }) => sum + (x - x0) ** 2, 0);
}

/** Elements with the same key, in the order in which the keys first come. */
export function groups<T>(elements: readonly T[], key: (element: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const element of elements) found.set(key(element), [...(found.get(key(element)) ?? []), element]);
  return [...found.values()];
}

export function figureRow(figure: Figure): string[] {
  const { name, measure, unit, value, processor, ours, peer, bar } = figure;
  const limit = bar && ('atMost' in bar ? `<= ${bar.atMost}` : `>= ${bar.atLeast}`);
  const met = isMet(figure);
  return [
    name,
    measure,
    `${digits(value.median)} ${unit}`,
    range(value),
    processor ? digits(processor.median) : '',
    ours ? duration(ours.median) : '',
    peer ? duration(peer.median) : '',
    limit ?? '',
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ];
}

function range({ least, greatest }: Spread): string {
  return least === greatest ? '' : `${digits(least)} .. ${digits(greatest)}`;
}

function digits(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(0);
}

function duration(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(1)} ms` : `${(seconds * 1e6).toFixed(1)} us`;
}
