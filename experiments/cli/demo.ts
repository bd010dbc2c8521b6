import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type CommonOptions, defineAction, integer, type Run, shellWord, software } from 'denseam/cli';
import { type DemoSettings, defaultDemoSettings } from '../demo/settings.ts';
import type { RunRecord } from '../report/images.ts';
import { debianFolder, findImageFile } from './imageFile.ts';

interface DemoOptions extends CommonOptions {
  readonly data?: string;
  readonly out: string;
  readonly seed: number;
  readonly items: number;
  readonly queries?: number;
}

/** How the demo is called: `npm run demo` in a clone, else as a command of denseam. */
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
      `IDX file of images, or a folder with train-images-idx3-ubyte.gz (default: ${debianFolder})`,
    )
    .option('--out <path>', 'where the page goes: a folder, or a file that ends in .html', 'out/demo')
    .option('--seed <n>', 'what all random choices follow from', integer(0), defaults.seed)
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

/** The command that repeats a run, with every choice spelt out. */
function repeatCommand({ data, out }: DemoOptions, { seed, items, queries }: DemoSettings): string {
  const paths = `${data === undefined ? '' : ` --data ${shellWord(data)}`} --out ${shellWord(out)}`;
  return `${demoCommand} --seed ${seed} --items ${items} --queries ${queries}${paths}`;
}

async function runDemo({ signal, withProgress, print }: Run, options: DemoOptions): Promise<void> {
  const start = performance.now();
  const path = await findImageFile(options.data);
  const page = resolve(extname(options.out) === '.html' ? options.out : join(options.out, 'index.html'));
  await mkdir(dirname(page), { recursive: true });
  // Loaded here so that --help and mistyped options answer at once, and a missing addon is an error like any other.
  const { readIdx, threads } = await import('denseam');
  const { runDemoRecall } = await import('../demo/experiment.ts');
  const { maskKinds } = await import('../shared/images/imageSample.ts');
  const { imagesPage, limitsTable, recallLegend, recallTable, verdict } = await import('../report/images.ts');
  const { textTable } = await import('denseam/cli');

  const { seed, items, queries = Math.min(items, defaultDemoSettings.queries) } = options;
  const settings = { ...defaultDemoSettings, seed, items, queries };
  const file = await readIdx(path, { signal });
  const result = await withProgress((onProgress) => runDemoRecall(file, settings, { signal, onProgress }));

  const run: RunRecord = {
    source: options.data ?? 'Fashion-MNIST',
    command: repeatCommand(options, settings),
    software: await software(),
    threads: threads(),
    seconds: (performance.now() - start) / 1000,
  };
  await writeFile(page, await imagesPage(result, run));
  const text = () => {
    const tables = maskKinds.map((mask) => textTable(recallTable(result, mask)));
    const verdicts = maskKinds.map((mask) => verdict(result, mask)).join('\n');
    const parts = [...tables, recallLegend(result).join('\n'), textTable(limitsTable(result)), verdicts];
    const time = `${run.seconds.toFixed(1)} s on ${run.threads} threads`;
    return `\n${parts.join('\n\n')}\n\n${time}. The page with curves and images:\n${page}`;
  };
  print(text, () => ({ run, page, settings, tables: maskKinds.map((mask) => recallTable(result, mask)) }));
}
