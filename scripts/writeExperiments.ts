// Writes into docs/experiments.md what a run of the experiments found, so that no figure there is typed, and puts their
// figures beside it.
//
//   node dist/cli/denseam.js experiment run --all && npm run experiments:docs
//
// Drawings of thousands of marks become PNG files, by rsvg-convert (Debian: librsvg2-bin).
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { markdownTable, wrapped } from '../bench/markdown.ts';
import type { ExperimentResult, Finding, ResultTable } from '../experiments/core/experiment.ts';
import { readableTable } from '../experiments/report/resultTable.ts';
import type { Run } from '../experiments/report/run.ts';

const runs = join('out', 'experiments');
const document = join('docs', 'experiments.md');
const images = join('docs', 'images', 'experiments');

/** Bytes of the largest drawing that is taken as it is. */
const largestDrawing = 150_000;

/** `<!-- experiment: <id>; figures: <file>, <file>; tables: <name>, <name> -->`, what is rewritten, `<!-- end -->`. */
const block = /(<!-- experiment: ([\w-]+)(?:; figures: ([^;]*?))?(?:; tables: ([^;]*?))? -->\n).*?(<!-- end -->)/gs;

const json = (folder: string, file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const list = (text = '') =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);

const text = readFileSync(document, 'utf8');
const kept = new Set<string>();
const rewritten = text.replaceAll(
  block,
  (_, begin: string, id: string, figures: string, tables: string, end: string) => {
    const folder = join(runs, id);
    if (!existsSync(join(folder, 'result.json')))
      throw new Error(`${id} has not been run: there is no ${folder}/result.json`);
    const result: ExperimentResult = json(folder, 'result.json');
    const run: Run & { tables?: readonly ResultTable[] } = json(folder, 'run.json');
    if (/ --(quick|set)\b/.test(run.command)) throw new Error(`${id} was not run at its default scale: ${run.command}`);
    const all = [...result.tables, ...(run.tables ?? [])];
    const parts = [
      findingsTable(result.findings),
      ...reasons(result.findings),
      ...list(figures).map((file) => figure(id, folder, file, result)),
      ...list(tables).map((name) => numbers(id, all, name)),
      `\`${run.command}\`: ${Math.round(run.seconds)} s on ${run.threads} threads.`,
    ];
    return `${begin}\n${parts.join('\n\n')}\n\n${end}`;
  },
);
writeFileSync(document, rewritten);
for (const file of readdirSync(images)) if (!kept.has(file)) rmSync(join(images, file));

function findingsTable(findings: readonly Finding[]): string {
  const columns = ['', 'published', 'ours', 'verdict'];
  const rows = findings.map(({ what, published, ours, verdict }) => [what, published || '–', ours, verdict].map(cell));
  return markdownTable(columns, rows, columns);
}

function reasons(findings: readonly Finding[]): string[] {
  const given = findings.flatMap(({ what, why }) =>
    why === undefined ? [] : [wrapped(`- Why not (${what}): ${why}`, '  ')],
  );
  return given.length > 0 ? [given.join('\n')] : [];
}

/** Copies the file, or its picture, and returns its name there. */
function place(id: string, from: string, file: string): string {
  const isLarge = file.endsWith('.svg') && statSync(from).size > largestDrawing;
  const name = `${id}-${isLarge ? file.replace(/svg$/, 'png') : file}`;
  mkdirSync(images, { recursive: true });
  if (isLarge) execFileSync('rsvg-convert', ['--width', '1000', '--output', join(images, name), from]);
  else copyFileSync(from, join(images, name));
  kept.add(name);
  return name;
}

/** The file, copied beside the document, with the description that the drawing or the result has of it. */
function figure(id: string, folder: string, file: string, { pictures }: ExperimentResult): string {
  const name = place(id, join(folder, file), file);
  const of = pictures.find((each) => `${each.name}.png` === file);
  const [, drawn = ''] = of ? [] : (/<desc>(.*?)<\/desc>/s.exec(readFileSync(join(folder, file), 'utf8')) ?? []);
  return `![${(of?.description ?? drawn).replaceAll(/[[\]\n]/g, ' ')}](images/experiments/${name})`;
}

function numbers(id: string, tables: readonly ResultTable[], name: string): string {
  const table = tables.find((each) => each.name === name);
  if (table === undefined)
    throw new Error(`${id} has no table ${name}, only ${tables.map((each) => each.name).join(', ')}`);
  const { caption, columns, words = [], rows } = readableTable(table);
  const wordy = columns.filter((_, at) => words[at]);
  return `${caption}:\n\n${markdownTable(
    columns.map(cell),
    rows.map((row) => row.map(cell)),
    wordy,
  )}`;
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
