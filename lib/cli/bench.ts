import type { Command } from 'commander';
import type { CallOptions } from '../core/types.ts';
import type { BenchCase } from './benchCases.ts';
import { type CommonOptions, defineAction, type Run } from './command.ts';
import { software } from './software.ts';
import { columnsText } from './text.ts';

/** Time and least number of runs of a case. The fastest run counts, since others were disturbed. */
const secondsEach = 2;
const leastRuns = 3;

interface Measured extends Pick<BenchCase, 'what' | 'unit' | 'count'> {
  readonly runs: number;
  readonly fastestSeconds: number;
  readonly perSecond: number;
}

export function addBenchCommand(program: Command): void {
  const command = program
    .command('bench')
    .summary('measures the speed of this installation')
    .description(
      'Measures distances, recall and transport on this machine, in under 20 seconds. Close other programs first.',
    );
  defineAction(command, bench).addHelpText(
    'after',
    `
Examples:
  denseam bench
  denseam bench --threads 1 --json`,
  );
}

async function bench({ signal, withProgress, print }: Run, _: CommonOptions): Promise<void> {
  const { benchCases } = await import('./benchCases.ts');
  const { threads } = await import('../native/threads.ts');
  const measured = await withProgress(async (onProgress) => {
    const all: Measured[] = [];
    for (const [index, prepare] of benchCases.entries()) {
      onProgress({ share: index / benchCases.length, doing: 'setting up' });
      const each = await prepare({ signal });
      const report = (share: number) => onProgress({ share: (index + share) / benchCases.length, doing: each.what });
      all.push(await measure(each, { signal }, report));
    }
    return all;
  });
  const machine = { software: await software(), threads: threads() };
  const rows = measured.map(({ what, unit, perSecond }) => [
    what,
    Number(perSecond.toPrecision(3)),
    `${unit} a second`,
  ]);
  const caption = `${machine.software}, ${machine.threads} threads`;
  print(
    () => columnsText(caption, ['what', 'rate', 'unit'], rows),
    () => ({ ...machine, measured }),
  );
}

async function measure(
  { what, unit, count, run }: BenchCase,
  options: CallOptions,
  report: (share: number) => void,
): Promise<Measured> {
  const start = performance.now();
  const share = () => Math.min(1, (performance.now() - start) / (1000 * secondsEach));
  let fastest = Number.POSITIVE_INFINITY;
  let runs = 0;
  while (runs < leastRuns || share() < 1) {
    report(share());
    const before = performance.now();
    await run(options);
    fastest = Math.min(fastest, performance.now() - before);
    runs++;
  }
  const fastestSeconds = fastest / 1000;
  return { what, unit, count, runs, fastestSeconds, perSecond: count / fastestSeconds };
}
