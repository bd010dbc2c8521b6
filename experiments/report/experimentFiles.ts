import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeContents } from 'denseam/cli';
import type { ExperimentResult, ExperimentSettings, ResultTable } from '../core/experiment.ts';
import { csvText } from './csv.ts';
import { type Described, experimentPage } from './experiment.ts';
import { jsonText } from './json.ts';
import { picturesPng } from './picturesFile.ts';
import { chartFile } from './resultChart.ts';
import type { Run } from './run.ts';

/** File of the data of one run, with the list of its report's files. */
const runFile = 'run.json';

/** Reproducible contents: equal settings give equal bytes at any time on any machine. */
function resultText({ id }: Described, settings: ExperimentSettings, result: ExperimentResult): string {
  const { findings, pictures } = result;
  const tables = result.tables.filter(({ isMeasured }) => !isMeasured);
  return `${jsonText({ experiment: id, settings, findings, tables, pictures })}\n`;
}

/** Contents that depend on the run and the machine. */
function runText({ id }: Described, { tables }: ExperimentResult, run: Run, files: readonly string[]): string {
  const measured = tables.filter(({ isMeasured }) => isMeasured);
  return `${jsonText({ experiment: id, ...run, files, ...(measured.length > 0 && { tables: measured }) })}\n`;
}

/** The files of an earlier run in the folder, from its `run.json`. */
async function filesBefore(folder: string): Promise<string[]> {
  try {
    const { files } = JSON.parse(await readFile(join(folder, runFile), 'utf8')) as { files?: unknown };
    // Names of files of this folder, never paths.
    return Array.isArray(files) ? files.filter((name) => typeof name === 'string' && name === basename(name)) : [];
  } catch {
    return []; // there was none
  }
}

/**
 * Writes an experiment's report into a folder, which is created if necessary: the page, `result.json`, `run.json`, a
 * CSV file for every table, an SVG file for every chart and a PNG file for every grid of pictures. Each file is
 * replaced as a whole, the page last; files of a report that was there before and are not in this one are removed.
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
  const others: (readonly [name: string, contents: string | Uint8Array])[] = [
    ['result.json', resultText(experiment, settings, result)],
    ...result.tables.map((table) => [`${table.name}.csv`, csvText(table)] as const),
    ...(await Promise.all(charts)),
    ...result.pictures.map((each) => [`${each.name}.png`, picturesPng(each)] as const),
    ['index.html', page],
  ];
  const names = [runFile, ...others.map(([name]) => name)];
  await mkdir(folder, { recursive: true });
  const before = await filesBefore(folder);
  const files = [[runFile, runText(experiment, result, run, names)] as const, ...others];
  for (const [name, contents] of files) await writeContents(join(folder, name), contents, signal);
  for (const name of before) if (!names.includes(name)) await rm(join(folder, name), { force: true });
  return names;
}
