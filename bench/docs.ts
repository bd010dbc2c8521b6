import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { curvesChart, speedChart } from './charts.ts';
import { markdownTable, wrapped } from './markdown.ts';
import { root } from './package.ts';
import { curveTable, figureColumns, figureRow, groups } from './report.ts';
import { type Results, type SectionResult, writeText } from './results.ts';
import type { Curve } from './section.ts';

const document = join(root, 'docs', 'performance.md');
const images = join(root, 'docs', 'images');

/** A block of the document: `<!-- bench: name -->`, what is rewritten, `<!-- end -->`. */
const block = /(<!-- bench: (\w+) -->\n).*?(<!-- end -->)/gs;

/** Writes what was measured into docs/performance.md, so that no figure there is typed, and draws its charts. */
export async function writeDocs(results: Results): Promise<void> {
  const text = await readFile(document, 'utf8');
  const named = [...text.matchAll(block)].map(([, , name]) => name as string);
  const absent = named.filter((name) => name !== 'environment' && !results[name]);
  if (absent.length > 0) console.error(`Not measured, left as it is: ${absent.join(', ')}`);
  const rewritten = text.replaceAll(block, (all, begin: string, name: string, end: string) => {
    const result = results[name];
    if (name === 'environment') return `${begin}\n${environmentTable(results)}\n\n${end}`;
    return result ? `${begin}\n${sectionMarkdown(result)}\n\n${end}` : all;
  });
  await writeText(document, rewritten);
  await drawCharts(results);
}

const chartTitles: Readonly<Record<string, string>> = {
  full: 'Full covariances',
  diagonal: 'Diagonal covariances',
  epoch: 'An epoch of von Mises-Fisher training',
  splitting: 'Training with splitting and without',
};

async function drawCharts(results: Results): Promise<void> {
  const speeds = Object.values(results).flatMap(({ figures }) => figures);
  if (speeds.some(({ against }) => against)) await writeText(image('speed'), await speedChart(speeds));
  const all = Object.values(results).flatMap(({ curves }) => curves);
  for (const curves of groups(all, ({ chart }) => chart)) {
    const [{ chart }] = curves as [Curve];
    await writeText(image(`growth-${chart}`), await curvesChart(chartTitles[chart] ?? chart, curves));
  }
}

const image = (name: string) => join(images, `bench-${name}.svg`);

/** Headings of columns that hold words; the others hold numbers. */
const wordy = ['', 'figure'];

/** What differs from one run to the next on the same machine. */
const momentary = ['date', 'load'];

/** Under which circumstances the sections were run: one table if they were the same for all but the moment. */
function environmentTable(results: Results): string {
  const sections = Object.entries(results);
  const lasting = groups(sections, ([, { environment, quick }]) =>
    JSON.stringify([Object.entries(environment).filter(([key]) => !momentary.includes(key)), quick]),
  );
  return lasting.map((group) => circumstances(group)).join('\n\n');
}

function circumstances(sections: readonly (readonly [string, SectionResult])[]): string {
  const [[, { environment, quick }]] = sections as [readonly [string, SectionResult]];
  const days = sections
    .map(
      ([
        ,
        {
          environment: { date = '' },
        },
      ]) => date.slice(0, 10),
    )
    .sort();
  const rest = Object.entries(environment).filter(([key]) => !momentary.includes(key));
  const rows = [
    ['sections', sections.map(([name]) => name).join(', ')],
    ...rest,
    ['date', [...new Set(days)].join(', ')],
    ...(quick ? [['note', 'run with --quick: small problems, not to be quoted']] : []),
  ];
  return markdownTable(['', ''], rows, wordy);
}

function sectionMarkdown({ title, method, figures, curves, notes, repeats, quick }: SectionResult): string {
  const runs = `Medians of ${repeats} runs.${quick ? ' Run with --quick: not to be quoted.' : ''}`;
  return [
    wrapped(`_${title}._ ${method} ${runs}`),
    ...(figures.length > 0 ? [markdownTable(figureColumns, figures.map(figureRow), wordy)] : []),
    ...groups(curves, ({ chart, panel }) => `${chart} ${panel}`).flatMap((group) => {
      const { caption, columns, rows } = curveTable(group);
      return [`${caption}`, markdownTable(columns, rows, wordy)];
    }),
    ...(notes.length > 0 ? [notes.map((note) => wrapped(`- ${note}`, '  ')).join('\n')] : []),
  ].join('\n\n');
}
