import { cpus, loadavg, release, totalmem } from 'node:os';
import { textTable } from '../lib/report/table.ts';
import packageJson from '../package.json' with { type: 'json' };
import { type Figure, isMet, type Section } from './section.ts';
import type { Spread } from './timing.ts';

/** What the figures hold for. */
export function environment(blas: string): Record<string, string> {
  const [processor] = cpus();
  return {
    machine: `${cpus().length} x ${processor?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${process.platform} ${release()}`,
    denseam: `${packageJson.version}, Node ${process.version}, V8 ${process.versions.v8}`,
    blas,
    peers: `LAPACK and BLAS called from C++ (bench/native), ml-matrix ${packageJson.devDependencies['ml-matrix']}`,
    date: new Date().toISOString(),
    load: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
  };
}

export function sectionTable({ title, method }: Section, figures: readonly Figure[]): string {
  const columns = ['', 'figure', 'median', 'range', 'by processor time', 'ours', 'peer', 'bar', ''];
  return `${textTable({ caption: `${title}\n${method}`, columns, rows: figures.map(row) })}\n`;
}

function row(figure: Figure): string[] {
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
