// Writes into docs/reliability.md what the tests are and what long runs of the stress found, so that no figure there is
// typed. Each table comes from the last run that left its report; a table without one stays.
//
//   .ci/run && npm run stress && npm run reliability:docs
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { markdownTable } from '../bench/markdown.ts';
import { reportOf } from './stress/folders.ts';
import type { Result } from './stress/part.ts';
import { parts } from './stress/parts.ts';

const document = 'docs/reliability.md';
const reports = {
  tests: 'out/tests.json',
  coverage: 'out/coverage/coverage-summary.json',
};

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const number = (value: number) => value.toLocaleString('en');

interface TestFile {
  readonly name: string;
  readonly assertionResults: readonly { readonly status: string; readonly meta: { readonly cases?: number } }[];
}

/** Kinds of tests, and how to tell a file of one from its path and its text. A file may be of several. */
const kinds: readonly [name: string, is: (path: string, text: string) => boolean][] = [
  ['all', () => true],
  ['with random cases, which fast-check shrinks', (_, text) => /support\/check\.ts/.test(text)],
  ['against a slow independent implementation', (_, text) => /reference\//.test(text)],
  ['invariants of the mathematics', (path) => /invariants/.test(path)],
  ['closed forms, tables with many digits, files of older versions', (path) => /^test\/conformance\//.test(path)],
  ['wrong, hostile and damaged input', (path) => /wrong|badinput|errors|corrupt|edited|mutated|hostile/i.test(path)],
  ['the addon alone: threads, aborts, handles', (path) => /^test\/native\//.test(path)],
  ['files', (path) => /^test\/io\//.test(path)],
  ['command line and experiments', (path) => /^test\/(cli|experiments)\//.test(path)],
  ['the package as npm publishes it, the code in the guides', (path) => /^test\/(package|docs)\//.test(path)],
];

/** Undefined if there is no report. */
function testsTable(): string | undefined {
  if (!existsSync(reports.tests)) return undefined;
  const files = (read(reports.tests).testResults as readonly TestFile[]).map((file) => {
    const path = relative('', file.name);
    const passed = file.assertionResults.filter(({ status }) => status === 'passed');
    const cases = passed.reduce((sum, { meta }) => sum + (meta.cases ?? 0), 0);
    return { path, text: readFileSync(file.name, 'utf8'), tests: passed.length, cases };
  });
  const rows = kinds.map(([name, is]) => {
    const some = files.filter(({ path, text }) => is(path, text));
    const sum = (column: 'tests' | 'cases') => number(some.reduce((total, file) => total + file[column], 0));
    return [name, number(some.length), sum('tests'), sum('cases')];
  });
  const table = markdownTable(['tests', 'files', 'passed', 'random cases'], rows, ['tests']);
  return existsSync(reports.coverage) ? `${table}\n\n${coverageLine()}` : table;
}

function coverageLine(): string {
  const { lines, branches } = read(reports.coverage).total;
  return `They reach ${lines.pct} % of the lines and ${branches.pct} % of the branches of the TypeScript in both packages.`;
}

/** A part's last run, if it was a long one and came to its end. */
function longRun(name: string): Result | undefined {
  if (!existsSync(reportOf(name))) return undefined;
  const result: Result = read(reportOf(name));
  return result.short || result.interrupted ? undefined : result;
}

/** Counts of every verb and kind of file are for the report alone. */
const isDetail = (what: string) => /^(calls|files) of /.test(what);

function stressRows(name: string, run: Result | undefined): string[][] {
  if (!run) return [[`\`${name}\``, 'no whole long run of this version', '-']];
  const { seconds, counts, faults, notRun = [] } = run;
  const tried = Object.entries(counts).filter(([what]) => !isDetail(what));
  const rows = [
    ...tried.map(([what, count]) => [what, number(count)]),
    ...notRun.map((what) => [`not run: ${what}`, '-']),
    [`faults, in ${number(seconds)} s`, number(faults.length)],
  ];
  return rows.map((row) => [`\`${name}\``, ...row]);
}

/** Undefined if no part has had a long run. */
function stressTable(): string | undefined {
  const runs = parts.map(({ name }) => [name, longRun(name)] as const);
  const [first] = runs.flatMap(([, run]) => run ?? []);
  if (!first) return undefined;
  const on = `denseam ${first.denseam}, Node ${first.node.slice(1)}, ${first.platform}:`;
  const rows = runs.flatMap(([name, run]) => stressRows(name, run));
  return `${on}\n\n${markdownTable(['part', 'what was tried', 'count'], rows, ['part', 'what was tried'])}`;
}

/** `<!-- figures: <name> -->`, what is rewritten, `<!-- end -->`. */
const block = /(<!-- figures: (tests|stress) -->\n).*?(<!-- end -->)/gs;
const tables = { tests: testsTable, stress: stressTable };

const text = readFileSync(document, 'utf8').replaceAll(
  block,
  (whole, begin: string, name: keyof typeof tables, end: string) => {
    const table = tables[name]();
    if (table) return `${begin}\n${table}\n\n${end}`;
    console.error(`The table of ${name} stays as it is: no run has left a report of it.`);
    return whole;
  },
);
writeFileSync(document, text);
