import { describe, expect, it, vi } from 'vitest';
import { demo, legend } from '../../../experiments/demo/experiment.ts';
import { resultOf } from '../../../experiments/demo/tables.ts';
import { experimentPage } from '../../../experiments/report/experiment.ts';
import { readableTable } from '../../../experiments/report/resultTable.ts';
import { textTable } from '../../../lib/cli/textTable.ts';
import { run } from '../report/experimentResult.ts';
import { exampleRecall, settings } from './recall.ts';

const result = resultOf(exampleRecall(), settings);
const readable = (name: string) => {
  const found = result.tables.find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return readableTable(found);
};

describe('the recall table', () => {
  it('has a row for each beta and one for the limit', () => {
    const { caption, rows } = readable('recall-block');
    expect(caption).toBe('Share of 100 images recalled, a block of 12 x 12 pixels hidden');
    expect(rows).toEqual([
      ['1', '2.0%', '4.0%', '6.0%'],
      ['4', '34.0%', '22.0%', '49.0%'],
      ['16', '33.0%', '23.0%', '50.0%'],
      ['nearest', '33.5%', '23.5%', '50.5%'],
    ]);
  });

  it('keeps what became of the queries for files', () => {
    expect(readable('recall').rows).toContainEqual(['block', 'Gaussian', '4', '8', '34.0%', '17.0%', '7', '100.0%']);
  });
});

it('tables fit a terminal of 80 characters', () => {
  for (const { name } of result.tables.filter(({ isRaw }) => !isRaw)) {
    for (const line of textTable(readable(name)).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  }
});

it('the table of limits names memories and units', () => {
  expect(readable('limits').rows).toEqual([
    ['Gaussian', 'raw', '97.5%', '27.5%'],
    ['Euclidean', 'standardised', '94.5%', '23.5%'],
    ['pixels', '–', '96.5%', '50.5%'],
  ]);
});

it('the table of memories has the best of each', () => {
  const { rows } = readable('memories');
  expect(rows[0]).toEqual(['random', 'Gaussian', '99.0%', '16', '49.5%', '4', '98.5%']);
  expect(rows[3]).toEqual(['block', 'Gaussian', '34.0%', '4', '17.0%', '7', '33.5%']);
});

describe('the page', async () => {
  const warn = vi.spyOn(console, 'warn');
  const html = await experimentPage(demo, settings, result, run);
  const content = html.replace(/<script\b.*?<\/script>/gs, '');

  it('draws every curve under both masks, in colours of the page, without a warning', () => {
    expect(warn.mock.calls).toEqual([]);
    const figures = content.match(/<figure class="chart".*?<\/figure>/gs) ?? [];
    expect(figures).toHaveLength(2);
    expect(figures[0]).toContain(
      '<figcaption>Share of images recalled, 20 % of the pixels hidden at random</figcaption>',
    );
    expect(figures[1]).toContain('<figcaption>Share of images recalled, a block of 12 x 12 pixels hidden</figcaption>');
    for (const figure of figures) {
      for (const series of [1, 2, 3]) {
        expect(figure).toMatch(new RegExp(`aria-roledescription="line mark"[^>]*stroke="var\\(--series-${series}\\)"`));
      }
      expect(figure).not.toMatch(/NaN|undefined/);
    }
  });

  it('has a caption for every image and marks the wrong ones', () => {
    expect(content.match(/<img [^>]*>/g)).toHaveLength(2 * 5);
    const captions = [...content.matchAll(/<img [^>]*><span>(.*?)<\/span>/g)].map(([, caption]) => caption);
    expect(captions.slice(0, 5)).toEqual(['original', 'query', 'Gaussian', 'Euclidean ✗', 'pixels']);
  });

  it('says what its columns mean', () => {
    for (const name of ['recalled', 'state at its item', 'iterations', 'beta*', 'nearest']) {
      const meaning = legend.find((line) => line.startsWith(`${name}: `));
      expect(content).toContain(meaning ?? `no meaning of ${name}`);
    }
  });

  it('states the settings', () => {
    expect(content).toContain('<dt>data</dt><dd>fashion-mnist</dd>');
    expect(content).toContain('<dt>scale</dt><dd>standardised</dd>');
    expect(content).not.toMatch(/undefined|NaN|\[object/);
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    for (const [, slash, name, selfClosed] of content.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^>]*?)?(\/?)>/gi)) {
      if (selfClosed || ['meta', 'img'].includes(name ?? '')) continue;
      if (slash) expect(open.pop()).toBe(name);
      else open.push(name ?? '');
    }
    expect(open).toEqual([]);
  });
});
