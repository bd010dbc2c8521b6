#!/usr/bin/env node
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { defaultImagesSettings, type ImagesSettings } from '../experiments/imagesSettings.ts';
import type { RunRecord } from '../report/images.ts';
import { debianFolder, findImageFile } from './imageFile.ts';
import { showProgress } from './progress.ts';

interface DemoOptions {
  readonly data?: string;
  readonly out: string;
  readonly seed: number;
  readonly items: number;
  readonly queries?: number;
  readonly threads?: number;
}

/** What a shell reports for a program ended by SIGINT: 128 + 2. */
const interruptedExitCode = 130;

function integer(smallest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= smallest) return value;
    throw new InvalidArgumentError(`Expected an integer of ${smallest} or more.`);
  };
}

function createProgram(): Command {
  const defaults = defaultImagesSettings;
  return new Command('npm run demo --')
    .description(
      'Recalls images with pixels hidden by three memories (Gaussian, Euclidean, pixels), prints how often each ' +
        'is right, and writes a page with the curves and the images.',
    )
    .option(
      '--data <path>',
      `IDX file of images, or a folder with train-images-idx3-ubyte.gz (default: ${debianFolder})`,
    )
    .option('--out <path>', 'where the page goes: a folder, or a file that ends in .html', 'out/demo')
    .option('--seed <n>', 'what all random choices follow from', integer(0), defaults.seed)
    .option('--items <n>', 'how many images to store', integer(2), defaults.items)
    .option('--queries <n>', `how many of them to recall (default: ${defaults.queries}, or all if fewer)`, integer(1))
    .option('--threads <n>', 'how many threads compute (default: one for each processor)', integer(1))
    .allowExcessArguments(false)
    .showHelpAfterError('(--help lists the options)')
    .addHelpText(
      'after',
      `
Examples:
  npm run demo
  npm run demo -- --items 200 --queries 50          a quick look
  npm run demo -- --data ~/mnist --out mnist.html   other images, another page`,
    );
}

/** The command that repeats a run, with every choice spelt out. */
function repeatCommand({ data, out }: DemoOptions, { seed, items, queries }: ImagesSettings): string {
  const quoted = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const paths = `${data === undefined ? '' : ` --data ${quoted(data)}`} --out ${quoted(out)}`;
  return `npm run demo -- --seed ${seed} --items ${items} --queries ${queries}${paths}`;
}

async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  const path = await findImageFile(options.data);
  const page = resolve(extname(options.out) === '.html' ? options.out : join(options.out, 'index.html'));
  await mkdir(dirname(page), { recursive: true });
  // Loaded here so that --help and mistyped options answer at once, and a missing addon is an error like any other.
  const { native } = await import('../native.ts');
  const { setThreads, threads } = await import('../core/threads.ts');
  const { readIdx } = await import('../io/idx.ts');
  const { runImages } = await import('../experiments/images.ts');
  const { maskKinds } = await import('../experiments/imageSample.ts');
  const { imagesPage, limitsTable, recallLegend, recallTable, verdict } = await import('../report/images.ts');
  const { textTable } = await import('../report/table.ts');

  if (options.threads !== undefined) setThreads(options.threads);
  const { seed, items, queries = Math.min(items, defaultImagesSettings.queries) } = options;
  const settings = { ...defaultImagesSettings, seed, items, queries };
  const file = await readIdx(path, { signal });
  const progress = showProgress(process.stderr);
  const onProgress = progress.update;
  const result = await runImages(file, settings, { signal, onProgress }).finally(progress.stop);

  const run: RunRecord = {
    source: options.data ?? 'Fashion-MNIST',
    command: repeatCommand(options, settings),
    software: `denseam ${packageJson.version}, Node.js ${process.version}, ${native.blas()}, ${process.platform}-${process.arch}`,
    threads: threads(),
    seconds: (performance.now() - start) / 1000,
  };
  await writeFile(page, await imagesPage(result, run));
  const tables = maskKinds.map((mask) => textTable(recallTable(result, mask)));
  const verdicts = maskKinds.map((mask) => verdict(result, mask)).join('\n');
  const parts = [...tables, recallLegend(result).join('\n'), textTable(limitsTable(result)), verdicts];
  console.log(`\n${parts.join('\n\n')}`);
  console.log(`\n${run.seconds.toFixed(1)} s on ${run.threads} threads. The page with curves and images:\n${page}`);
}

async function main(): Promise<void> {
  const options = createProgram().parse().opts<DemoOptions>();
  const interruption = new AbortController();
  // Once: a second Ctrl-C ends the process at once.
  process.once('SIGINT', () => interruption.abort());
  try {
    await runDemo(options, interruption.signal);
  } catch (error) {
    const interrupted = interruption.signal.aborted;
    console.error(interrupted ? 'Stopped.' : `Error: ${(error as Error).message}`);
    process.exitCode = interrupted ? interruptedExitCode : 1;
  }
}

await main();
