import { describe, expect, it } from 'vitest';
import { imagesPage, limitsTable, recallTable, verdict } from '../../../experiments/report/images.ts';
import { textTable } from '../../../lib/cli/textTable.ts';
import { exampleResult, exampleRun } from './result.ts';

describe('the recall table', () => {
  it('has a row for each beta and one for the limit', () => {
    const { caption, rows } = recallTable(exampleResult(), 'block');
    expect(caption).toBe('Recall with a block of 12 x 12 pixels hidden');
    expect(rows.map(([head]) => head)).toEqual(['1', '4', '16', 'nearest']);
    expect(rows[1]).toEqual(['4', '34.0 %', '17.0 %', '7', '22.0 %', '11.0 %', '7', '49.0 %', '24.5 %', '7']);
    expect(rows[3]).toEqual(['nearest', '33.5 %', '', '', '23.5 %', '', '', '50.5 %', '', '']);
  });

  it('fits a terminal of 80 characters', () => {
    const lines = textTable(recallTable(exampleResult(), 'random')).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });
});

it('the table of limits names memories and units, and which of them the curves have', () => {
  expect(limitsTable(exampleResult()).rows).toEqual([
    ['Gaussian, raw', '97.5 %', '27.5 %'],
    ['Euclidean, standardised (as above)', '94.5 %', '23.5 %'],
    ['Pixel', '96.5 %', '50.5 %'],
  ]);
});

describe('the verdict', () => {
  it('names whichever memory leads', () => {
    const result = exampleResult();
    expect(verdict(result, 'random')).toContain('Gaussian 99.0 % (beta* 16), Euclidean 94.0 %');
    expect(verdict(result, 'random')).toContain('Highest: Gaussian.');
    expect(verdict(result, 'block')).toContain('Highest: Pixel.');
  });

  it('says so when memories are level', () => {
    const result = exampleResult();
    const level = { ...result, curves: { ...result.curves, euclidean: result.curves.gaussian } };
    expect(verdict(level, 'random')).toContain('Highest: Gaussian and Euclidean.');
  });
});

describe('the page', async () => {
  const html = await imagesPage(exampleResult(), exampleRun);

  it('asks for nothing from outside', () => {
    // Names of XML vocabularies look like addresses, but nothing is ever fetched from them.
    const addresses = html.replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '').match(/https?:\/\/[\w.-]+/g) ?? [];
    expect(addresses).toEqual([]);
    const sources = [...html.matchAll(/\b(?:src|href)="([^"]{0,22})/g)].map(([, start]) => start);
    expect(new Set(sources)).toEqual(new Set(['data:image/png;base64,']));
    expect(html).not.toMatch(/<(script|link|iframe)|@import|url\(/);
  });

  it('draws every curve under both masks, in colours of the page', () => {
    const figures = html.match(/<figure class="chart">.*?<\/figure>/gs) ?? [];
    expect(figures).toHaveLength(2);
    expect(figures[0]).toContain('<figcaption>20 % of the pixels hidden at random</figcaption>');
    expect(figures[1]).toContain('<figcaption>A block of 12 x 12 pixels hidden</figcaption>');
    for (const figure of figures) {
      for (const series of [1, 2, 3]) {
        expect(figure).toMatch(new RegExp(`aria-roledescription="line mark"[^>]*stroke="var\\(--series-${series}\\)"`));
      }
      expect(figure).toMatch(/<div role="img" aria-label="[^"]+Highest: /);
      expect(figure).not.toMatch(/NaN|undefined/);
    }
  });

  it('has a text for every image and says right or wrong in words', () => {
    const images = html.match(/<img [^>]*>/g) ?? [];
    expect(images).toHaveLength(2 * 5);
    for (const image of images) expect(image).toMatch(/ alt="[^"]+"/);
    expect(html.match(/<td class="wrong">/g)).toHaveLength(2);
    expect(html).toContain('alt="The Euclidean memory recalled another image"');
  });

  it('states settings, timings and the command, escaped', () => {
    expect(html).toContain('Boots &amp; &quot;shirts&quot; &lt;all&gt;: 1,234 of 60,000, 2 x 2 pixels');
    expect(html).toContain('<dd>30.5 s (features 1.0 s, gaussian 20.0 s');
    expect(html).toContain('<pre><code>npm run demo -- --seed 1</code></pre>');
    expect(html).not.toMatch(/undefined|NaN|\[object/);
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    for (const [, slash, name, selfClosed] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^>]*?)?(\/?)>/gi)) {
      if (selfClosed || ['meta', 'img'].includes(name ?? '')) continue;
      if (slash) expect(open.pop()).toBe(name);
      else open.push(name ?? '');
    }
    expect(open).toEqual([]);
  });
});
