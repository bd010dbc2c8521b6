import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExperimentResult, ExperimentSettings, ResultTable } from '../experiments/experiment.ts';
import { writeContents } from '../io/atomic.ts';
import { csvText } from './csv.ts';
import { type Described, experimentPage } from './experiment.ts';
import { jsonText } from './json.ts';
import { picturesPng } from './picturesFile.ts';
import { chartFile } from './resultChart.ts';
import type { Run } from './run.ts';

/** What is the same whenever and wherever the experiment runs: the same settings give the same bytes. */
function resultText({ id }: Described, settings: ExperimentSettings, result: ExperimentResult): string {
  const { findings, pictures } = result;
  const tables = result.tables.filter(({ isMeasured }) => !isMeasured);
  return `${jsonText({ experiment: id, settings, findings, tables, pictures })}\n`;
}

/** What is of this run and machine. */
function runText({ id }: Described, { tables }: ExperimentResult, run: Run): string {
  const measured = tables.filter(({ isMeasured }) => isMeasured);
  return `${jsonText({ experiment: id, ...run, ...(measured.length > 0 && { tables: measured }) })}\n`;
}

/**
 * Writes an experiment's report into a folder, which is made if need be: the page, `result.json`, `run.json`, a CSV file for every
 * table, an SVG file for every chart and a PNG file for every grid of pictures. Each file is replaced as a whole, the page last.
 *
 * @returns the files' names.
 * @throws DenseamError when the result is not as its types say; the signal's reason; system errors.
 */
export async function experimentFiles<Settings extends ExperimentSettings>(
  folder: string,
  experiment: Described,
  settings: Settings,
  result: ExperimentResult,
  run: Run,
  signal?: AbortSignal,
): Promise<string[]> {
  const page = await experimentPage(experiment, settings, result, run);
  const tables = new Map(result.tables.map((table) => [table.name, table]));
  const charts = result.charts.map(
    async (chart) => [`${chart.name}.svg`, await chartFile(chart, tables.get(chart.table) as ResultTable)] as const,
  );
  const files: (readonly [name: string, contents: string | Uint8Array])[] = [
    ['result.json', resultText(experiment, settings, result)],
    ['run.json', runText(experiment, result, run)],
    ...result.tables.map((table) => [`${table.name}.csv`, csvText(table)] as const),
    ...(await Promise.all(charts)),
    ...result.pictures.map((each) => [`${each.name}.png`, picturesPng(each)] as const),
    ['index.html', page],
  ];
  await mkdir(folder, { recursive: true });
  for (const [name, contents] of files) await writeContents(join(folder, name), contents, signal);
  return files.map(([name]) => name);
}
