import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ExperimentResult } from '../../../experiments/core/experiment.ts';
import { experimentFiles } from '../../../experiments/report/experimentFiles.ts';
import { described, exampleResult, run, settings } from './experimentResult.ts';

const folder = mkdtempSync(join(tmpdir(), 'denseam-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = [
  'best.csv',
  'best.svg',
  'clouds.svg',
  'curves.csv',
  'curves.svg',
  'index.html',
  'patches.png',
  'points.csv',
  'result.json',
  'run.json',
];

describe('the files of an experiment', async () => {
  const first = join(folder, 'made', 'for', 'it');
  const written = await experimentFiles(first, described, settings, exampleResult(), run);
  const read = (name: string) => readFileSync(join(first, name), 'utf8');

  it('are the page, the result, the run, and one for each table and chart', () => {
    expect([...written].sort()).toEqual(names);
    expect(readdirSync(first).sort()).toEqual(names);
    expect(written.at(-1)).toBe('index.html');
    expect(read('index.html')).toContain('</html>');
  });

  it('keep the result whole, and the run apart', () => {
    const { findings, tables, pictures } = exampleResult();
    expect(JSON.parse(read('result.json'))).toEqual({ experiment: 'example', settings, findings, tables, pictures });
    const { files, ...rest } = JSON.parse(read('run.json'));
    expect(rest).toEqual({ experiment: 'example', ...run });
    expect([...files].sort()).toEqual(names);
  });

  it('keep measured times with the run', async () => {
    const { tables, ...rest } = exampleResult();
    const times = {
      name: 'times',
      title: 'Times',
      columns: [{ name: 's', title: 's' }],
      rows: [[1.5]],
      isMeasured: true,
    };
    const at = join(folder, 'times');
    await experimentFiles(at, described, settings, { ...rest, tables: [...tables, times] }, run);
    const json = (name: string) => JSON.parse(readFileSync(join(at, name), 'utf8'));
    expect(json('result.json').tables).toEqual(tables);
    expect(json('run.json').tables).toEqual([times]);
    expect(readFileSync(join(at, 'times.csv'), 'utf8')).toBe('s\r\n1.5\r\n');
  });

  it('keep all digits of tables', () => {
    const [head, ...lines] = read('curves.csv').trimEnd().split('\r\n');
    expect(head).toBe('method,beta,recalled');
    const [, curves] = exampleResult().tables;
    expect(lines.map((line) => line.split(',').map((cell, at) => (at === 0 ? cell : Number(cell))))).toEqual(
      curves?.rows,
    );
  });

  it('draw charts on their own: titled, described, in colours that need no page', () => {
    const svg = read('curves.svg');
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('>Recall against beta</text>');
    expect(svg).toContain('The share of recalled examples rises with beta');
    expect(svg).toContain('#0067b0');
    expect(svg).not.toContain('var(');
  });

  it('are the same bytes again, but for the page and the run', async () => {
    const again = join(folder, 'again');
    await experimentFiles(again, described, settings, exampleResult(), { ...run, seconds: 99, threads: 1 });
    for (const name of names.filter((each) => !['index.html', 'run.json'].includes(each))) {
      expect(readFileSync(join(again, name), 'utf8'), name).toBe(read(name));
    }
  });

  it('replace those of a run before', async () => {
    await experimentFiles(first, described, { ...settings, seed: 8 }, exampleResult(), run);
    expect(JSON.parse(read('result.json')).settings.seed).toBe(8);
    expect(readdirSync(first).sort()).toEqual(names);
  });

  it('of a run before go when this one has none of their name; others stay', async () => {
    const at = join(folder, 'fewer');
    await experimentFiles(at, described, settings, exampleResult(), run);
    writeFileSync(join(at, 'notes.txt'), 'mine');
    await experimentFiles(at, described, settings, { ...exampleResult(), charts: [], pictures: [] }, run);
    const left = names.filter((name) => !/\.(svg|png)$/.test(name));
    expect(readdirSync(at).sort()).toEqual([...left, 'notes.txt'].sort());
    // What a foreign file says of paths is no reason to remove anything.
    writeFileSync(join(at, 'run.json'), JSON.stringify({ files: ['../fewer/notes.txt', 'best.csv', 5] }));
    await experimentFiles(at, described, settings, { ...exampleResult(), charts: [], pictures: [] }, run);
    expect(readdirSync(at).sort()).toEqual([...left, 'notes.txt'].sort());
  });

  it('are not written once the signal is aborted', async () => {
    const reason = new Error('enough');
    const at = join(folder, 'aborted');
    const writing = experimentFiles(at, described, settings, exampleResult(), run, AbortSignal.abort(reason));
    await expect(writing).rejects.toBe(reason);
    expect(readdirSync(at)).toEqual([]);
  });
});

/** The example with one part changed. */
function changed(change: (result: ExperimentResult) => Partial<ExperimentResult>): ExperimentResult {
  const result = exampleResult();
  return { ...result, ...change(result) };
}

const firstTable = (change: object) =>
  changed(({ tables: [first, ...rest] }) => ({
    tables: [{ ...first, ...change }, ...rest] as ExperimentResult['tables'],
  }));
const firstChart = (change: object) =>
  changed(({ charts: [first, ...rest] }) => ({
    charts: [{ ...first, ...change }, ...rest] as ExperimentResult['charts'],
  }));
const pictures = (change: object) =>
  changed(({ pictures: [first] }) => ({ pictures: [{ ...first, ...change }] as ExperimentResult['pictures'] }));

describe('a result that cannot be kept is refused, and nothing is written', () => {
  it.each([
    ['ERR_RANGE', 'for tables[0].name but received "../best"', firstTable({ name: '../best' })],
    ['ERR_RANGE', 'for tables[1].name but received "curves" again', firstTable({ name: 'Curves' })],
    ['ERR_RANGE', 'for charts[0].name but received ""', firstChart({ name: '' })],
    [
      'ERR_RANGE',
      'one of best, curves, points for the table of chart curves but received "none"',
      firstChart({ table: 'none' }),
    ],
    [
      'ERR_SHAPE',
      '3 cells for row 1 of table best but received 2',
      firstTable({
        rows: [
          ['a', 1, 'b'],
          ['a', 1],
        ],
      }),
    ],
    [
      'ERR_NOT_FINITE',
      'for recalled in row 0 of table best but received NaN',
      firstTable({ rows: [['a', Number.NaN, null]] }),
    ],
    ['ERR_NOT_FINITE', 'but received Infinity', firstTable({ rows: [['a', Number.POSITIVE_INFINITY, null]] })],
    [
      'ERR_RANGE',
      'for best.a.format but received "zz"',
      firstTable({ columns: [{ name: 'a', title: 'a', format: 'zz' }] }),
    ],
    ['ERR_RANGE', 'for patches.width but received 0', pictures({ width: 0 })],
    ['ERR_RANGE', 'for patches.columns but received 1.5', pictures({ columns: 1.5 })],
    ['ERR_SHAPE', '64 pixels for image 0 of patches but received 3', pictures({ images: [{ pixels: [1, 2, 3] }] })],
    [
      'ERR_SHAPE',
      '2 pixels for image 0 of masked but received 1',
      pictures({ name: 'masked', width: 2, height: 1, images: [{ pixels: [1, 2], mask: [0] }] }),
    ],
    [
      'ERR_RANGE',
      'for pixel 1 of image 0 of one but received 256',
      pictures({ name: 'one', width: 2, height: 1, images: [{ pixels: [255, 256] }] }),
    ],
  ])('%s: %s', async (code, message, result) => {
    const at = join(folder, 'refused');
    const writing = experimentFiles(at, described, settings, result, run);
    await expect(writing).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(readdirSync(folder)).not.toContain('refused');
  });
});
