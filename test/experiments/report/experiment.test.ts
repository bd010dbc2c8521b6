import { describe, expect, it } from 'vitest';
import { pointCloudRecovery } from '../../../experiments/pointcloud-recovery/experiment.ts';
import { experimentPage, experimentText } from '../../../experiments/report/experiment.ts';
import { MemoryParts } from '../parts.ts';
import { described, exampleResult, hostile, run, settings } from './experimentResult.ts';

const escaped = hostile
  .replaceAll('&', '&amp;')
  .replaceAll('<', '&lt;')
  .replaceAll('>', '&gt;')
  .replaceAll('"', '&quot;')
  .replaceAll("'", '&#39;');

/** The page without its scripts, which hold all of vega. */
const withoutScripts = (html: string) => html.replace(/<script\b.*?<\/script>/gs, '');

describe('the page of an experiment', async () => {
  const html = await experimentPage(described, settings, exampleResult(), run);
  const content = withoutScripts(html);

  it('has a section for everything there is, in order', () => {
    expect([...content.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading)).toEqual([
      'Published and found',
      'Charts',
      'Pictures',
      'Tables',
      'Settings',
      'This run',
    ]);
    expect(content).toContain('<h1>Recall of examples</h1>');
    expect(content).toContain('Examples are recalled at several temperatures');
    expect(content).toContain('Nobody 2026, figure 0');
    expect(content).not.toMatch(/undefined|NaN|\[object/);
  });

  it('leaves out sections with nothing in them, and vega where there are no charts', async () => {
    const nothing = { findings: [], tables: [], charts: [], pictures: [] };
    const bare = await experimentPage(described, settings, nothing, run);
    expect([...bare.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading)).toEqual(['Settings', 'This run']);
    expect(bare).not.toContain('<script');
    expect(bare).toContain("script-src 'none'");
  });

  it('sets what was published beside what was found, verdicts in signs and words', () => {
    expect(content).toContain('<p>Reproduced: 1 of 2 published results.</p>');
    expect(content).toContain(
      '<th scope="row">recalled at beta 10</th><td>near-perfect</td><td>97 %</td>' +
        '<td><span class="verdict right"><b aria-hidden="true">✓</b> reproduced</span></td>',
    );
    expect(content).toContain(
      '<span class="verdict wrong"><b aria-hidden="true">✗</b> not reproduced</span><div>the examples are easy</div>',
    );
    expect(content).toContain('<th scope="row">time</th><td>–</td><td>short</td>');
  });

  it('formats numbers as their column says, and aligns words', () => {
    expect(content).toContain('<th scope="row">transport</th><td>97.1%</td><td class="words">the first</td>');
    expect(content).toContain('<th scope="row">Euclidean</th><td>94.3%</td><td class="words">–</td>');
  });

  it('describes every chart, still and live, and leads to its numbers', () => {
    const figures = content.match(/<figure class="chart.*?<\/figure>/gs) ?? [];
    expect(figures).toHaveLength(3);
    for (const figure of figures) {
      expect(figure.match(/role="img" aria-label="[^"]{20,}"/g)).toHaveLength(2);
      expect(figure).toMatch(/<div class="still" [^>]*><svg /);
    }
    expect(figures[0]).toContain('<a href="#table-curves">');
    expect(content).toContain('<div id="table-curves">');
    // Raw: in a file, not on the page.
    expect(figures[2]).toContain('<a href="points.csv">');
    expect(content).not.toContain('Points of the clouds');
  });

  it('titles axes with what their columns are called', () => {
    expect(content).toContain('>the share</text>');
  });

  it('zooms charts with two axes of numbers alone', () => {
    const hints = [...content.matchAll(/id="chart-(\w+)".*?<\/figure>/gs)].filter(([figure]) =>
      figure.includes('zoom'),
    );
    expect(hints.map(([, name]) => name)).toEqual(['curves']);
  });

  it('has ids once, and refers to those that are there', () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of content.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
    for (const [, id] of content.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id);
  });

  it('holds pictures as PNG, with a caption or a place in the row', () => {
    const images = content.match(/<img [^>]*>[^/]*<\//g) ?? [];
    expect(images).toHaveLength(10);
    expect(images[0]).toMatch(/src="data:image\/png;base64,[\w+/=]+" width="8" height="8" alt=""><span>patch 1<\/$/);
    expect(images[9]).toContain('alt="10 of 10"');
    expect(content).toContain('style="--columns: 5"');
  });

  it('says what ran, and how to run it again', () => {
    for (const entry of [
      '<dt>seed</dt><dd>7</dd>',
      '<dd>2, 10</dd>',
      '<dt>exact</dt><dd>true</dd>',
      '<dd>12.3 s</dd>',
    ]) {
      expect(content).toContain(entry);
    }
    expect(content).toContain('<pre><code>denseam experiment run example --seed 7</code></pre>');
  });

  it('asks for nothing from outside', () => {
    const sources = [...content.matchAll(/\b(?:src|href)="([^"]{0,22})/g)].map(([, start]) => start);
    expect(new Set(sources)).toEqual(new Set(['data:image/png;base64,', '#table-curves', '#table-best', 'points.csv']));
    expect(html).not.toMatch(/<(link|iframe)|<script[^>]* src=|@import/);
    expect(html).toContain("content=\"default-src 'none'; script-src 'sha256-");
    expect(html).not.toContain('unsafe-eval');
  });

  it('escapes what strings bring along, wherever they stand', async () => {
    const { findings, tables, charts, pictures } = exampleResult();
    const [table] = tables;
    const bad = await experimentPage(
      { id: 'bad', title: hostile, summary: hostile, source: hostile },
      { ...settings, mode: hostile },
      {
        findings: findings.map((finding) => ({
          ...finding,
          what: hostile,
          published: hostile,
          ours: hostile,
          why: hostile,
        })),
        tables: tables.map((each) => ({
          ...each,
          title: hostile,
          rows: each === table ? [[hostile, 1, hostile]] : each.rows,
        })),
        charts: charts.map((chart) => ({ ...chart, title: hostile, description: hostile })),
        pictures: pictures.map((each) => ({
          ...each,
          title: hostile,
          description: hostile,
          images: each.images.map((image) => ({ ...image, caption: hostile })),
        })),
      },
      { ...run, command: hostile, software: hostile },
    );
    // Title twice; 3 findings with 4 texts; 3 charts with a title and two labels; ...
    expect(bad.split(escaped).length - 1).toBeGreaterThan(2 + 2 + 12 + 9 + 3 + 10);
    expect(bad).not.toContain(hostile);
    expect(bad).not.toContain('<img src=//');
    // Two scripts end where they should: the page's own and the data.
    expect(bad.match(/<\/script>/g)).toHaveLength(2);
    expect(bad).not.toContain('<!--');
  });
});

describe('the text of an experiment', () => {
  it('has tables that are not raw, then findings and their tally', () => {
    const text = experimentText(exampleResult());
    expect(text).toContain('Best of each method\n\nmethod         the share  note\n');
    expect(text).toContain('\ntransport          97.1%  the first\n');
    expect(text).not.toContain('Points of the clouds');
    expect(text.slice(text.indexOf('✓'))).toBe(
      [
        '✓ reproduced: recalled at beta 10\n  published: near-perfect\n  ours:      97 %',
        '✗ not reproduced: recalled at beta 0.1\n  published: fails\n  ours:      25 %\n  why:       the examples are easy',
        '– not published: time\n  ours:      short',
        'Reproduced: 1 of 2 published results.',
      ].join('\n\n'),
    );
  });
});

it('counts what a run of this size does not tell apart from what it refutes', () => {
  const { findings, ...rest } = exampleResult();
  const open = { what: 'growth', published: 'fast', ours: 'two points', verdict: 'undetermined', why: 'few' } as const;
  const text = experimentText({ ...rest, findings: [...findings, open] });
  expect(text).toContain('? undetermined: growth');
  expect(text).toContain('Reproduced: 1 of 3 published results. Undetermined at this scale: 1.');
});

it('reports the experiments of the registry', async () => {
  const small = { ...pointCloudRecovery.quick, count: 3, points: 4, maxIterations: 5 };
  const parts = new MemoryParts();
  const result = await pointCloudRecovery.run(small, { parts });
  const html = await experimentPage(pointCloudRecovery, small, result, run);
  expect(html).toContain('<figcaption>Divergence to the own item</figcaption>');
  expect(withoutScripts(html)).not.toMatch(/undefined|NaN|\[object/);
  expect(experimentText(result)).toContain('Divergence to the own item after recall');
});
