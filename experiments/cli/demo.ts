import { mkdir } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type CommonOptions, defineAction, integer, type Run, shellWord, writeContents } from 'denseam/cli';
import type { Experiment, ExperimentResult } from '../core/experiment.ts';
import { type DemoSettings, defaultDemoSettings } from '../demo/settings.ts';
import { runPlan } from './plan.ts';

interface DemoOptions extends CommonOptions {
  readonly data: string;
  readonly out: string;
  readonly seed: number;
  readonly items: number;
  readonly queries?: number;
}

/** Command of the demo: `npm run demo` in a clone, else a command of denseam. */
const { npm_lifecycle_event: npmScript } = process.env;
const demoCommand = npmScript === 'demo' ? 'npm run demo --' : 'denseam demo';

export function addDemoCommand(program: Command): void {
  const defaults = defaultDemoSettings;
  const command = program
    .command('demo')
    .summary('recalls images with pixels hidden, and draws what it found')
    .description(
      'Recalls images with pixels hidden by three memories (Gaussian, Euclidean, pixels), prints how often each ' +
        'is right, and writes a page with the curves and the images.',
    )
    .option(
      '--data <path>',
      'IDX file of images, a folder with train-images-idx3-ubyte.gz, or a data set',
      defaults.data,
    )
    .option(
      '--out <path>',
      'where the page and the numbers go: a folder; or the page alone: a file that ends in .html',
      'out/demo',
    )
    .option('--seed <n>', 'seed of all random choices', integer(0), defaults.seed)
    .option('--items <n>', 'how many images to store', integer(2), defaults.items)
    .option('--queries <n>', `how many of them to recall (default: ${defaults.queries}, or all if fewer)`, integer(1));
  defineAction(command, runDemo).addHelpText(
    'after',
    `
Examples:
  ${demoCommand}
  ${demoCommand} --items 200 --queries 50          a quick look
  ${demoCommand} --data ~/mnist --out mnist.html   other images, another page`,
  );
}

function settingsOf({ data, seed, items, queries }: DemoOptions): DemoSettings {
  const defaults = defaultDemoSettings;
  const recalled = queries ?? Math.min(items, defaults.queries);
  return { ...defaults, data, seed, items, queries: recalled, shown: Math.min(recalled, defaults.shown) };
}

/** The command that repeats a run, with every choice spelt out. */
function repeatCommand(out: string, { data, seed, items, queries }: DemoSettings): string {
  const paths = `--data ${shellWord(data)} --out ${shellWord(out)}`;
  return `${demoCommand} --seed ${seed} --items ${items} --queries ${queries} ${paths}`;
}

/** The result with all of its tables shown: a page alone has no files beside it that could hold the raw ones. */
function allShown({ tables, ...rest }: ExperimentResult): ExperimentResult {
  return { ...rest, tables: tables.map(({ isRaw: _, ...table }) => table) };
}

async function runDemo(run: Run, options: DemoOptions): Promise<void> {
  // Loaded here so that --help and mistyped options answer at once, and a missing addon is an error like any other.
  const { demo, legend } = await import('../demo/experiment.ts');
  const { experimentFiles } = await import('../report/experimentFiles.ts');
  const { experimentPage, experimentText } = await import('../report/experiment.ts');

  const isPage = extname(options.out) === '.html';
  const folder = resolve(isPage ? dirname(options.out) : options.out);
  const page = isPage ? resolve(options.out) : join(folder, 'index.html');
  await mkdir(folder, { recursive: true });
  const settings = settingsOf(options);
  const plan = { experiment: demo as Experiment, settings, command: repeatCommand(options.out, settings) };
  const { result, record } = await run.withProgress((onProgress) => runPlan(run, plan, folder, onProgress));
  if (isPage) await writeContents(page, await experimentPage(demo, settings, allShown(result), record));
  else await experimentFiles(folder, demo, settings, result, record);
  const time = `${record.seconds.toFixed(1)} s on ${record.threads} threads`;
  const end = `${time}. The page with curves and images:\n${page}`;
  const text = () => `\n${[experimentText(result), legend.join('\n'), end].join('\n\n')}`;
  run.print(text, () => ({ page, settings, ...result }));
}
