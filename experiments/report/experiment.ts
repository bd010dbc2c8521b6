import { textTable } from 'denseam/cli';
import type {
  Experiment,
  ExperimentResult,
  ExperimentSettings,
  Finding,
  ResultPictures,
  ResultTable,
  Verdict,
} from '../core/experiment.ts';
import { checkResult } from './checkResult.ts';
import { escapeHtml, jsonElement } from './html.ts';
import { liveScript } from './liveScript.ts';
import type { LiveCharts } from './page/liveCharts.ts';
import { htmlDefinitions, htmlPage, type Section } from './page.ts';
import { dataUri } from './picture.ts';
import { type PageChart, pageChart } from './resultChart.ts';
import { readableTable } from './resultTable.ts';
import { htmlRun, type Run } from './run.ts';
import { htmlTable } from './table.ts';

/** Description of an experiment in every report besides its result. */
export type Described = Pick<Experiment, 'id' | 'title' | 'summary' | 'source'>;

/** Signs of verdicts, since colour alone is not enough. */
const signs: Readonly<Record<Verdict, string>> = {
  reproduced: '✓',
  'not reproduced': '✗',
  undetermined: '?',
  'not published': '–',
};
const looks: Readonly<Record<Verdict, string>> = {
  reproduced: 'right',
  'not reproduced': 'wrong',
  undetermined: '',
  'not published': '',
};

/** Number of reproduced results, in a sentence. */
function tally(findings: readonly Finding[]): string {
  const published = findings.filter(({ verdict }) => verdict !== 'not published');
  const count = (wanted: Verdict) => published.filter(({ verdict }) => verdict === wanted).length;
  const open = count('undetermined') > 0 ? ` Undetermined at this scale: ${count('undetermined')}.` : '';
  return `Reproduced: ${count('reproduced')} of ${published.length} published results.${open}`;
}

/**
 * Findings and tables for a terminal; raw tables are left to files.
 *
 * @throws DenseamError when the result is not as its types and {@link checkResult} say.
 */
export function experimentText(result: ExperimentResult): string {
  checkResult(result);
  const { findings, tables } = result;
  const shown = tables.filter(({ isRaw }) => !isRaw).map((table) => textTable(readableTable(table)));
  return [...shown, ...findings.map(findingText), ...(findings.length > 0 ? [tally(findings)] : [])].join('\n\n');
}

function findingText({ what, published, ours, verdict, why }: Finding): string {
  const lines = [
    `${signs[verdict]} ${verdict}: ${what}`,
    ...(published === '' ? [] : [`  published: ${published}`]),
    `  ours:      ${ours}`,
    ...(why === undefined ? [] : [`  why:       ${why}`]),
  ];
  return lines.join('\n');
}

function findingsSection(findings: readonly Finding[]): Section {
  const row = ({ what, published, ours, verdict, why }: Finding) => {
    const sign = `<span class="verdict ${looks[verdict]}"><b aria-hidden="true">${signs[verdict]}</b> ${verdict}</span>`;
    const reason = why === undefined ? '' : `<div>${escapeHtml(why)}</div>`;
    const cells = [escapeHtml(published === '' ? '–' : published), escapeHtml(ours), sign + reason];
    return `<tr><th scope="row">${escapeHtml(what)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  };
  const heads = ['what is compared', 'published', 'ours', 'verdict'].map((name) => `<th scope="col">${name}</th>`);
  return {
    heading: 'Published and found',
    body: `<p>${tally(findings)}</p>
<div class="scroll" role="region" aria-label="Published and found" tabindex="0"><table class="findings">
<thead><tr>${heads.join('')}</tr></thead>
<tbody>${findings.map(row).join('\n')}</tbody>
</table></div>`,
  };
}

/** Link to the chart's numbers: on this page, or, if raw, in the file beside it. */
function numbersLink({ name, isRaw }: ResultTable): string {
  return isRaw ? `<a href="${name}.csv">The numbers: ${name}.csv</a>` : `<a href="#table-${name}">The numbers</a>`;
}

function chartFigure({ chart, svg, isSingle, help }: PageChart, table: ResultTable): string {
  const label = `role="img" aria-label="${escapeHtml(chart.description)}"`;
  const hint = help.length > 0 ? ` <span class="live">${help.join(' ')}</span>` : '';
  return `<figure class="chart${isSingle ? '' : ' panels'}" id="chart-${chart.name}">
<figcaption>${escapeHtml(chart.title)}</figcaption>
<div class="still" ${label}>${svg}</div>
<div class="live" ${label}></div>
<p class="note on-screen">${numbersLink(table)}.${hint}</p>
</figure>`;
}

function chartsSection(charts: readonly PageChart[], tables: ReadonlyMap<string, ResultTable>): Section {
  const drawn = charts.map(({ chart }) => tables.get(chart.table) as ResultTable);
  const live: LiveCharts = {
    tables: Object.fromEntries(
      drawn.map(({ name, columns, rows }) => [name, { columns: columns.map((column) => column.name), rows }]),
    ),
    charts: charts.map(({ chart: { name, table }, live }) => ({ name, table, specification: live })),
  };
  const figures = charts.map((chart, at) => chartFigure(chart, drawn[at] as ResultTable));
  return { heading: 'Charts', body: `${figures.join('\n')}\n${jsonElement('live-charts', live)}` };
}

/** A paragraph a line. */
const paragraphs = (text: string) =>
  text
    .split('\n')
    .map((line) => `<p>${escapeHtml(line)}</p>`)
    .join('\n');

function gallery({ title, description, width, height, columns, images }: ResultPictures): string {
  const items = images.map(({ caption, ...image }, at) => {
    const source = dataUri({ width, height, ...image });
    const text = caption === undefined ? '' : `<span>${escapeHtml(caption)}</span>`;
    // The caption names the picture already.
    const alt = caption === undefined ? `${at + 1} of ${images.length}` : '';
    return `<li><img src="${source}" width="${width}" height="${height}" alt="${alt}">${text}</li>`;
  });
  return `<figure>
<figcaption>${escapeHtml(title)}</figcaption>
<p class="note">${escapeHtml(description)}</p>
<ul class="gallery" style="--columns: ${columns}">${items.join('\n')}</ul>
</figure>`;
}

function settingsList(settings: ExperimentSettings): string {
  const text = (value: unknown) => (Array.isArray(value) ? value.join(', ') : String(value));
  return htmlDefinitions(Object.entries(settings).map(([name, value]) => [name, text(value)]));
}

/**
 * The report of an experiment as one self-contained page. Charts are drawings, which scripts replace by interactive
 * ones; print shows the drawings.
 *
 * @throws DenseamError when the result is not as its types and {@link checkResult} say.
 */
export async function experimentPage<Settings extends ExperimentSettings>(
  { title, summary, source }: Described,
  settings: Settings,
  result: ExperimentResult,
  run: Run,
): Promise<string> {
  checkResult(result);
  const tables = new Map(result.tables.map((table) => [table.name, table]));
  const charts = await Promise.all(
    result.charts.map((chart) => pageChart(chart, tables.get(chart.table) as ResultTable)),
  );
  const shown = result.tables.filter(({ isRaw }) => !isRaw);
  const tableHtml = (table: ResultTable) => `<div id="table-${table.name}">${htmlTable(readableTable(table))}</div>`;
  const sections: Section[] = [];
  if (result.findings.length > 0) sections.push(findingsSection(result.findings));
  if (charts.length > 0) sections.push(chartsSection(charts, tables));
  if (result.pictures.length > 0) {
    sections.push({ heading: 'Pictures', body: result.pictures.map(gallery).join('\n') });
  }
  if (shown.length > 0) sections.push({ heading: 'Tables', body: shown.map(tableHtml).join('\n') });
  sections.push({ heading: 'Settings', body: settingsList(settings) }, { heading: 'This run', body: htmlRun(run) });
  return htmlPage({
    title,
    lead: `${paragraphs(summary)}\n<p class="note">${escapeHtml(source)}</p>`,
    sections,
    ...(charts.length > 0 && { script: liveScript() }),
  });
}
