// Tries what tests have no time for: the parts one after the other, then a table of what they tried and what they found.
//
//   npm run stress -- --short --seed 7 calls files

import { mkdir, writeFile } from 'node:fs/promises';
import { Argument, Command, InvalidArgumentError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { reportOf, reports } from './folders.ts';
import type { Outcome, Part, Result, Settings } from './part.ts';
import { parts } from './parts.ts';

/** Counts of a part in the table. */
const mostWords = 15;

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number below 1,000,000,000.');
}

function sayFor(name: string): (line: string) => void {
  const start = performance.now();
  return (line) => console.log(`${name} ${Math.round((performance.now() - start) / 1000)} s: ${line}`);
}

async function runPart(part: Part, settings: Omit<Settings, 'say'>): Promise<Result> {
  const start = performance.now();
  const { seed, short, signal } = settings;
  const say = sayFor(part.name);
  say(part.what);
  const outcome = await part.run({ ...settings, say }).catch((error: unknown): Outcome => {
    console.error(error);
    return { counts: {}, faults: [`the part itself failed: ${error}`] };
  });
  for (const fault of outcome.faults) console.error(`${part.name}: ${fault}`);
  for (const trial of outcome.notRun ?? []) console.error(`${part.name}: not run: ${trial}`);
  const seconds = Math.round((performance.now() - start) / 1000);
  const on = { denseam: manifest.version, node: process.version, platform: `${process.platform}-${process.arch}` };
  return { part: part.name, ...on, seed, short, interrupted: signal.aborted, seconds, ...outcome };
}

function printTable(results: readonly Result[]): void {
  const row = (name: string, seconds: string, faults: string, counts: string) =>
    console.log(`${name.padEnd(13)} ${seconds.padStart(8)} ${faults.padStart(7)}  ${counts}`);
  console.log();
  row('part', 'seconds', 'faults', 'counts');
  for (const { part, seconds, faults, counts, notRun = [] } of results) {
    const words = Object.entries(counts).map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
    const rest = words.length > mostWords ? [`and ${words.length - mostWords} more counts in the report`] : [];
    const skipped = notRun.length > 0 ? [`${notRun.length} not run`] : [];
    const shown = [...words.slice(0, mostWords), ...rest, ...skipped].join(', ');
    row(part, String(seconds), String(faults.length), shown || 'nothing');
  }
}

/** Ctrl-C ends the parts, and still prints the table; a second one ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

async function main(names: readonly string[], { short = false, seed }: { short?: boolean; seed: number }) {
  await mkdir(reports, { recursive: true });
  const signal = interruption();
  const results: Result[] = [];
  for (const part of parts.filter(({ name }) => names.length === 0 || names.includes(name))) {
    if (signal.aborted) break;
    const result = await runPart(part, { short, seed, signal });
    // After every part, so that whatever ends a long run early takes nothing with it.
    await writeFile(reportOf(part.name), `${JSON.stringify(result, null, 2)}\n`);
    results.push(result);
  }
  printTable(results);
  if (signal.aborted || results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

const list = parts.map(({ name, what }) => `  ${name.padEnd(13)} ${what}`).join('\n');
await new Command('npm run stress --')
  .description('Tries what tests have no time for; writes what each part tried and found into out/stress/reports/.')
  .addArgument(new Argument('[parts...]', 'which to run (default: all)').choices(parts.map(({ name }) => name)))
  .option('--short', 'five minutes for all parts together')
  .option('--seed <n>', 'a run with the same seed tries the same things', wholeNumber, 1)
  .addHelpText('after', `\nParts:\n${list}`)
  .showHelpAfterError('(--help lists the options)')
  .action(main)
  .parseAsync();
